package io.millrace.trainer.results;

import io.millrace.common.kafka.PartitionReader;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads parts again whose data was let go of, where they stand. */
@FunctionalInterface
public interface PartsAgain {
    /**
     * What stands at these offsets, in their order; those that are gone are absent.
     *
     * @throws Exception when the broker does not answer, or the thread is interrupted
     */
    List<ConsumerRecord<byte[], byte[]>> read(int partition, List<Long> offsets) throws Exception;

    /** From a topic, by a consumer that the caller owns. */
    static PartsAgain from(PartitionReader reader, String topic) {
        return (partition, offsets) -> {
            List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>(offsets.size());
            for (long offset : offsets) {
                reader.first(new TopicPartition(topic, partition), offset)
                        .filter(record -> record.offset() == offset)
                        .ifPresent(found::add);
            }
            return found;
        };
    }
}
