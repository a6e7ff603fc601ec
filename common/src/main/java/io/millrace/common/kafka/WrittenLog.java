package io.millrace.common.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * How far one writer has written partitions that it alone writes: each of its records must stand above all before it. One
 * that does not shows that the log has lost its tail since, of which the writer learns nothing else: a transaction begins
 * its own sequence. Not thread-safe.
 */
public final class WrittenLog {
    private final Map<TopicPartition, Long> ends = new HashMap<>();

    /** Everything below this offset was written before, by this writer or those before it. */
    public void endsAt(TopicPartition partition, long end) {
        ends.put(partition, end);
    }

    /**
     * A record was written, and not committed yet.
     *
     * @throws TruncatedLogException when it stands where another stood before: abort, and read the topics again
     */
    public void written(RecordMetadata record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        long end = ends.getOrDefault(partition, 0L);
        if (record.offset() < end) {
            throw new TruncatedLogException("the broker has lost records that it had acknowledged: " + partition
                    + " was written up to offset " + end + ", the next record went to offset " + record.offset());
        }
        ends.put(partition, record.offset() + 1);
    }
}
