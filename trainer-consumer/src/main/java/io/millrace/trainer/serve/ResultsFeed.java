package io.millrace.trainer.serve;

import io.millrace.common.kafka.TopicTail;
import java.time.Duration;
import java.util.HashMap;
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

    /**
     * @param consumer without a group; owned by this from now on
     * @param limit for each answer of the broker
     */
    public ResultsFeed(Consumer<byte[], byte[]> consumer, String topic, Duration limit) {
        this.tail = new TopicTail(consumer);
        tail.follow(List.of(topic), limit);
        this.ends = new HashMap<>(consumer.endOffsets(consumer.assignment(), limit));
        for (TopicPartition partition : consumer.assignment()) {
            // Also fixes the position, so that later questions for it need no broker.
            long begin = consumer.position(partition, limit);
            ends.computeIfPresent(partition, (key, end) -> begin >= end ? null : end);
        }
    }

    /** Waits up to the limit for records; ends early when woken. */
    void poll(Duration limit, TopicTail.Handler handler) throws Exception {
        try {
            tail.poll(limit, handler);
            ends.entrySet().removeIf(end -> tail.consumer().position(end.getKey()) >= end.getValue());
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
        long behind = 0;
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            behind += Math.max(0, end.getValue() - tail.consumer().position(end.getKey()));
        }
        return behind;
    }

    void wakeup() {
        tail.wakeup();
    }

    @Override
    public void close() {
        tail.close();
    }
}
