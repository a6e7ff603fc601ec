package io.millrace.producer.queue;

import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every period where a prompts lane ends, and never waits for the answer: one question is out at a time. The lanes
 * are not followed, and a producer that may publish nothing more until the groups that stand there are trained would not
 * learn from its own writing that they stand there no more. One owner.
 */
final class LaneEndWatch {
    private static final Logger log = LoggerFactory.getLogger(LaneEndWatch.class);

    /** In a row; a new leader may not know for a moment how far all replicas have come. */
    private static final int SHORT_ANSWERS = 2;

    private final Admin admin;
    private final TopicPartition partition;
    private final Ticker ticker;
    private final long periodNanos;
    private @Nullable KafkaFuture<ListOffsetsResultInfo> asked;
    private long nextNanos;
    private long publishedEndWhenAsked;
    private int shortAnswers;

    /** @param admin not owned */
    LaneEndWatch(Admin admin, String laneTopic, Ticker ticker, Duration period) {
        this.admin = admin;
        this.partition = new TopicPartition(laneTopic, 0);
        this.ticker = ticker;
        this.periodNanos = period.toNanos();
        this.nextNanos = ticker.nanos();
    }

    /**
     * Takes the answer where it has come; asks again when it is time.
     *
     * @param publishedEnd one above the offset of the lane's newest task that is committed; 0 for none
     * @throws TruncatedLogException when the lane ends before it, by two answers in a row
     */
    void turn(long publishedEnd) throws InterruptedException {
        KafkaFuture<ListOffsetsResultInfo> waiting = asked;
        if (waiting != null && waiting.isDone()) {
            asked = null;
            try {
                answered(waiting.get().offset());
            } catch (ExecutionException e) {
                log.debug("no end of {}", partition, e);
            }
        }
        if (asked == null && ticker.nanos() - nextNanos >= 0) {
            nextNanos = ticker.nanos() + periodNanos;
            publishedEndWhenAsked = publishedEnd;
            asked = admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition);
        }
    }

    private void answered(long end) {
        shortAnswers = end < publishedEndWhenAsked ? shortAnswers + 1 : 0;
        if (shortAnswers >= SHORT_ANSWERS) {
            throw new TruncatedLogException("the broker has lost records that it had acknowledged: " + partition
                    + " was written up to offset " + publishedEndWhenAsked + ", and ends at offset " + end);
        }
    }
}
