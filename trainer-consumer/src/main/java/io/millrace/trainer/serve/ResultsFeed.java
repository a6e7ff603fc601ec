package io.millrace.trainer.serve;

import io.millrace.common.kafka.TopicTail;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/**
 * The results topic from its beginning, never paused, and how far it has been read of what stood there at the start.
 * One owner, but for {@link #wakeup}.
 */
public final class ResultsFeed implements AutoCloseable {
    private final TopicTail tail;
    /** Of partitions not yet read to where they ended at the start. */
    private final Map<TopicPartition, Long> ends;

    private long recordsBehind;

    /**
     * @param consumer without a group; owned by this from now on
     * @param limit for each answer of the broker
     */
    public ResultsFeed(Consumer<byte[], byte[]> consumer, String topic, Duration limit) {
        this.tail = new TopicTail(consumer);
        tail.follow(List.of(topic), limit);
        this.ends = new HashMap<>(consumer.endOffsets(consumer.assignment(), limit));
        for (TopicPartition partition : consumer.assignment()) {
            // Fixes the position, so that later questions for it need no broker.
            consumer.position(partition, limit);
        }
        measure();
    }

    /** Waits up to the limit for records; ends early when woken. */
    void poll(Duration limit, TopicTail.Handler handler) throws Exception {
        try {
            tail.poll(limit, handler);
            measure();
        } catch (WakeupException e) {
            // Somebody asks for something: the turn goes on, what was fetched comes with the next poll.
        }
    }

    /** Whether all that stood on the topic at the start has been read. */
    boolean caughtUp() {
        return ends.isEmpty();
    }

    /** Records still to be read of what stood there at the start; transaction markers count too. */
    long recordsBehind() {
        return recordsBehind;
    }

    private void measure() {
        long behind = 0;
        for (Iterator<Map.Entry<TopicPartition, Long>> left = ends.entrySet().iterator(); left.hasNext(); ) {
            Map.Entry<TopicPartition, Long> end = left.next();
            long missing = end.getValue() - tail.consumer().position(end.getKey());
            behind += Math.max(0, missing);
            if (missing <= 0) {
                left.remove();
            }
        }
        recordsBehind = behind;
    }

    void wakeup() {
        tail.wakeup();
    }

    @Override
    public void close() {
        tail.close();
    }
}
