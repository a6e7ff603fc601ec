package io.millrace.common.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads topics from the beginning (or a given offset) and goes on following them: first {@link #readToEnd}, which ends
 * at what was committed when it was called, then {@link #poll}. One owner, but for {@link #wakeup}.
 */
public final class TopicTail implements AutoCloseable {
    /** Takes each record in the order of its partition. */
    @FunctionalInterface
    public interface Handler {
        void accept(ConsumerRecord<byte[], byte[]> record) throws Exception;
    }

    private final Consumer<byte[], byte[]> consumer;

    public TopicTail(Consumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
    }

    /** Follows every partition of the topics from the beginning; replaces what was followed before. */
    public void follow(Collection<String> topics, Duration limit) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics) {
            consumer.partitionsFor(topic, limit)
                    .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** Follows these partitions from these offsets; replaces what was followed before. */
    public void followFrom(Map<TopicPartition, Long> offsets) {
        consumer.assign(offsets.keySet());
        offsets.forEach(consumer::seek);
    }

    /**
     * Hands over everything that was committed when the call began.
     *
     * @throws org.apache.kafka.common.errors.TimeoutException when the broker does not answer within the limit
     */
    public void readToEnd(Handler handler, Duration limit) throws Exception {
        readTo(consumer.endOffsets(consumer.assignment(), limit), handler, limit);
    }

    /**
     * Hands over records until every partition has been read up to its offset, and what came along beyond it.
     *
     * @param to offsets that the partitions had reached, exclusive
     */
    public void readTo(Map<TopicPartition, Long> to, Handler handler, Duration limit) throws Exception {
        Map<TopicPartition, Long> ends = new HashMap<>(to);
        while (!ends.isEmpty()) {
            ends.entrySet().removeIf(end -> consumer.position(end.getKey(), limit) >= end.getValue());
            if (!ends.isEmpty()) {
                poll(Duration.ofMillis(200), handler);
            }
        }
    }

    /**
     * Waits up to the limit for records.
     *
     * @return how many were handed over
     */
    public int poll(Duration limit, Handler handler) throws Exception {
        int count = 0;
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(limit)) {
            handler.accept(record);
            count++;
        }
        return count;
    }

    /** Ends a poll under way; any thread. */
    public void wakeup() {
        consumer.wakeup();
    }

    public Consumer<byte[], byte[]> consumer() {
        return consumer;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
