package io.millrace.producer.queue;

import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
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

    private final Admin admin;
    private final String group;
    private final TopicPartition lane;
    private final Ticker ticker;
    private final long periodNanos;
    private @Nullable Question<Map<TopicPartition, SharePartitionOffsetInfo>> start;
    private @Nullable Question<ListOffsetsResultInfo> end;
    private long nextStartNanos;
    private long nextEndNanos;
    private int shortAnswers;

    /**
     * @param admin not owned
     * @param group the lane's share group
     */
    public QueueWatch(Admin admin, String group, String laneTopic, Ticker ticker, Duration period) {
        this.admin = admin;
        this.group = group;
        this.lane = new TopicPartition(laneTopic, 0);
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
        Question<ListOffsetsResultInfo> ending = end;
        if (ending != null && ending.answer().isDone()) {
            end = null;
            takeEnd(ending);
        }
        if (end == null && ticker.nanos() - nextEndNanos >= 0) {
            nextEndNanos = ticker.nanos() + periodNanos;
            end = new Question<>(
                    admin.listOffsets(Map.of(lane, OffsetSpec.latest())).partitionResult(lane), publishedEnd);
        }
        OptionalLong left = OptionalLong.empty();
        Question<Map<TopicPartition, SharePartitionOffsetInfo>> starting = start;
        if (starting != null && starting.answer().isDone()) {
            start = null;
            left = takeStart(starting);
        }
        if (start == null && ticker.nanos() - nextStartNanos >= 0) {
            nextStartNanos = ticker.nanos() + periodNanos;
            start = new Question<>(
                    admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                            .partitionsToOffsetInfo(group),
                    publishedEnd);
        }
        return left;
    }

    private void takeEnd(Question<ListOffsetsResultInfo> question) throws InterruptedException {
        try {
            long offset = question.answer().get().offset();
            shortAnswers = offset < question.publishedEnd() ? shortAnswers + 1 : 0;
            if (shortAnswers >= SHORT_ANSWERS) {
                throw new TruncatedLogException("the broker has lost records that it had acknowledged: " + lane
                        + " was written up to offset " + question.publishedEnd() + ", and ends at offset " + offset);
            }
        } catch (ExecutionException e) {
            log.debug("no end of {}", lane, e);
        }
    }

    private OptionalLong takeStart(Question<Map<TopicPartition, SharePartitionOffsetInfo>> question)
            throws InterruptedException {
        try {
            SharePartitionOffsetInfo info = question.answer().get().get(lane);
            log.debug("{}: {}, published end {}", group, info, question.publishedEnd());
            if (info == null) {
                return OptionalLong.empty();
            }
            boolean empty = info.lag().isPresent() && info.lag().get() == 0;
            return OptionalLong.of(empty ? Math.max(info.startOffset(), question.publishedEnd()) : info.startOffset());
        } catch (ExecutionException e) {
            // Until the first worker has joined there is no such group; worker statuses and receipts say the rest.
            log.debug("no start offset of {}", group, e);
            return OptionalLong.empty();
        }
    }
}
