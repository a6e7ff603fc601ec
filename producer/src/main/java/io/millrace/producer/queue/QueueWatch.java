package io.millrace.producer.queue;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every period how far the workers' share group has come, and never waits for the answer: one question is out at a
 * time. One owner.
 *
 * <p>The start offset that Kafka tells is the one stored with the acknowledgement before the last, so it stays one claim
 * behind when none follows (measured with 4.4.0); the lag does not, but counts a transaction's control record until some
 * worker polls again. A lag of 0 therefore counts as a start at what had been published when the question was asked,
 * which finds the last task also when its worker has died without a word: any worker that polls makes it 0.
 */
public final class QueueWatch {
    private static final Logger log = LoggerFactory.getLogger(QueueWatch.class);

    private final Admin admin;
    private final String group;
    private final LaneEndWatch end;
    private final TopicPartition partition;
    private final Ticker ticker;
    private final long periodNanos;
    private @Nullable KafkaFuture<Map<TopicPartition, SharePartitionOffsetInfo>> asked;
    private long nextNanos;
    private long publishedEndWhenAsked;

    public QueueWatch(Admin admin, String group, String laneTopic, Ticker ticker, Duration period) {
        this.admin = admin;
        this.group = group;
        this.end = new LaneEndWatch(admin, laneTopic, ticker, period);
        this.partition = new TopicPartition(laneTopic, 0);
        this.ticker = ticker;
        this.periodNanos = period.toNanos();
        this.nextNanos = ticker.nanos();
    }

    /**
     * The offset below which every task has left the queue, where an answer has come since the last call; asks again when
     * it is time.
     *
     * @param publishedEnd one above the offset of the lane's newest task that is committed; 0 for none
     * @throws io.millrace.common.kafka.TruncatedLogException when the lane ends before it
     */
    public OptionalLong turn(long publishedEnd) throws InterruptedException {
        end.turn(publishedEnd);
        OptionalLong answer = OptionalLong.empty();
        KafkaFuture<Map<TopicPartition, SharePartitionOffsetInfo>> waiting = asked;
        if (waiting != null && waiting.isDone()) {
            asked = null;
            answer = read(waiting);
        }
        if (asked == null && ticker.nanos() - nextNanos >= 0) {
            nextNanos = ticker.nanos() + periodNanos;
            publishedEndWhenAsked = publishedEnd;
            asked = admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                    .partitionsToOffsetInfo(group);
        }
        return answer;
    }

    private OptionalLong read(KafkaFuture<Map<TopicPartition, SharePartitionOffsetInfo>> answered)
            throws InterruptedException {
        try {
            SharePartitionOffsetInfo info = answered.getNow(Map.of()).get(partition);
            log.debug("{}: {}, published end {}", group, info, publishedEndWhenAsked);
            if (info == null) {
                return OptionalLong.empty();
            }
            boolean empty = info.lag().isPresent() && info.lag().get() == 0;
            return OptionalLong.of(empty ? Math.max(info.startOffset(), publishedEndWhenAsked) : info.startOffset());
        } catch (ExecutionException e) {
            // Until the first worker has joined there is no such group; worker statuses and receipts say the rest.
            log.debug("no start offset of {}", group, e);
            return OptionalLong.empty();
        }
    }
}
