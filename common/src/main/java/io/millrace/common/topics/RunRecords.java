package io.millrace.common.topics;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.RunRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what the processes of a run share. Stateless. */
public final class RunRecords {
    private static final Logger log = LoggerFactory.getLogger(RunRecords.class);

    private RunRecords() {}

    /** The newest; empty before the run's producer has started. */
    public static Optional<RunRecord> newest(PartitionReader reader, RunTopics topics) throws Exception {
        List<RunRecord> records = new ArrayList<>();
        reader.read(
                new TopicPartition(topics.runRecord(), 0),
                0,
                record -> read(record).ifPresent(records::add));
        return records.isEmpty() ? Optional.empty() : Optional.of(records.getLast());
    }

    /** Empty for what is no run record. */
    public static Optional<RunRecord> read(ConsumerRecord<byte[], byte[]> record) {
        try {
            return record.value() == null
                    ? Optional.empty()
                    : Optional.of(ControlCodec.decode(record.value(), RunRecord.class));
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            log.warn("{} offset {} is no run record, passed over", record.topic(), record.offset(), e);
            return Optional.empty();
        }
    }
}
