package io.millrace.producer.queue;

import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.LaneOffsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every period how far the workers' share group has come on a lane, and where the lane ends, and never waits for the
 * answers: each question is out once at a time. One owner.
 *
 * <p>The start offset that Kafka tells is the one stored with the acknowledgement before the last, so it stays one claim
 * behind when none follows (measured with 4.4.0); the lag does not, but counts a transaction's control record until some
 * worker polls again. A lag of 0 therefore counts as a start at what had been published when the question was asked,
 * which finds the last task also when its worker has died without a word: any worker that polls makes it 0.
 *
 * <p>The lanes are not followed, and a producer that may publish nothing more until the groups that stand there are trained
 * would not learn from its own writing that they stand there no more: so their ends are asked for.
 */
public final class QueueWatch {
    private static final Logger log = LoggerFactory.getLogger(QueueWatch.class);

    /** In a row; a new leader may not know for a moment how far all replicas have come. */
    private static final int SHORT_ANSWERS = 2;

    /** @param publishedEnd as it was when the question was asked */
    private record Question<T>(KafkaFuture<T> answer, long publishedEnd) {}

    /**
     * What the broker said of the lane.
     *
     * @param end where it ends, exclusive
     * @param publishedEnd one above the offset of its newest committed task when the lag was asked for
     * @param lag what the share group counts as not taken of the tasks below that, or more; empty where it does not tell
     */
    public record Standing(long end, long publishedEnd, OptionalLong lag) {}

    private final LaneOffsets offsets;
    private final String lane;
    private final Ticker ticker;
    private final long periodNanos;
    private @Nullable Question<Optional<SharePartitionOffsetInfo>> start;
    private @Nullable Question<Long> end;
    private long nextStartNanos;
    private long nextEndNanos;
    private int shortAnswers;
    private long knownEnd = -1;
    private @Nullable Standing standing;

    /** @param lane for people */
    public QueueWatch(LaneOffsets offsets, String lane, Ticker ticker, Duration period) {
        this.offsets = offsets;
        this.lane = lane;
        this.ticker = ticker;
        this.periodNanos = period.toNanos();
        this.nextStartNanos = ticker.nanos();
        this.nextEndNanos = ticker.nanos();
    }

    /**
     * The offset below which every task has left the queue, where an answer has come since the last call; asks again when
     * it is time.
     *
     * @param publishedEnd one above the offset of the lane's newest task that is committed; 0 for none
     * @throws TruncatedLogException when the lane ends before it, by two answers in a row
     */
    public OptionalLong turn(long publishedEnd) throws InterruptedException {
        Question<Long> ending = end;
        if (ending != null && ending.answer().isDone()) {
            end = null;
            takeEnd(ending);
        }
        if (end == null && ticker.nanos() - nextEndNanos >= 0) {
            nextEndNanos = ticker.nanos() + periodNanos;
            end = new Question<>(offsets.end(), publishedEnd);
        }
        OptionalLong left = OptionalLong.empty();
        Question<Optional<SharePartitionOffsetInfo>> starting = start;
        if (starting != null && starting.answer().isDone()) {
            start = null;
            left = takeStart(starting);
        }
        if (start == null && ticker.nanos() - nextStartNanos >= 0) {
            nextStartNanos = ticker.nanos() + periodNanos;
            start = new Question<>(offsets.claimed(), publishedEnd);
        }
        return left;
    }

    /** What the broker said last, once; empty where it has said nothing since the last call. */
    public Optional<Standing> standing() {
        Optional<Standing> told = Optional.ofNullable(standing);
        standing = null;
        return told;
    }

    private void takeEnd(Question<Long> question) throws InterruptedException {
        try {
            long offset = question.answer().get();
            knownEnd = offset;
            shortAnswers = offset < question.publishedEnd() ? shortAnswers + 1 : 0;
            if (shortAnswers >= SHORT_ANSWERS) {
                throw new TruncatedLogException("the broker has lost records that it had acknowledged: " + lane
                        + " was written up to offset " + question.publishedEnd() + ", and ends at offset " + offset);
            }
        } catch (ExecutionException e) {
            log.debug("no end of {}", lane, e);
        }
    }

    private OptionalLong takeStart(Question<Optional<SharePartitionOffsetInfo>> question) throws InterruptedException {
        try {
            Optional<SharePartitionOffsetInfo> claimed = question.answer().get();
            log.debug("{}: claimed {}, published end {}", lane, claimed, question.publishedEnd());
            stands(question, claimed.flatMap(SharePartitionOffsetInfo::lag));
            if (claimed.isEmpty()) {
                return OptionalLong.empty();
            }
            long offset = claimed.get().startOffset();
            boolean empty = claimed.get().lag().filter(lag -> lag == 0).isPresent();
            return OptionalLong.of(empty ? Math.max(offset, question.publishedEnd()) : offset);
        } catch (ExecutionException e) {
            // Until the first worker has joined there is no such group; worker statuses and receipts say the rest.
            log.debug("nothing is claimed of {}", lane, e);
            stands(question, Optional.empty());
            return OptionalLong.empty();
        }
    }

    private void stands(Question<?> question, Optional<Long> lag) {
        if (knownEnd >= 0) {
            OptionalLong told =
                    lag.filter(one -> one >= 0).map(OptionalLong::of).orElse(OptionalLong.empty());
            standing = new Standing(knownEnd, question.publishedEnd(), told);
        }
    }
}
