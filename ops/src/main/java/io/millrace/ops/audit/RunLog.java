package io.millrace.ops.audit;

import io.millrace.common.topics.Lane;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** The topics of a run, which may grow and be trimmed between any two calls. One owner. */
interface RunLog {
    /**
     * Where a partition ends.
     *
     * @param committed every record below it can be read: no transaction that began below is open
     * @param written the offset after the last record, those behind an open transaction counted in
     */
    record End(long committed, long written) {
        public End {
            if (committed < 0 || committed > written) {
                throw new IllegalArgumentException(
                        "a partition is readable up to " + committed + " and ends at " + written);
            }
        }
    }

    List<TopicPartition> partitions(String topic) throws Exception;

    End end(TopicPartition partition) throws Exception;

    /** The first offset that is not trimmed. */
    long begin(TopicPartition partition) throws Exception;

    /** Hands over the committed records from one offset, or the first after it that is there, up to another, exclusive. */
    void read(TopicPartition partition, long from, long to, Consumer<ConsumerRecord<byte[], byte[]>> handler)
            throws Exception;

    /** The offset of a prompts lane at which the next claim begins; empty when nobody has claimed yet. */
    Optional<Long> queueStart(Lane lane) throws Exception;
}
