package io.millrace.producer.session;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.DeadLetter;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the newest dead letters when the run is taken over, so that a bad record gets no second letter. What is older may be written again; that is harmless. One owner.
 */
final class DeadLetterLog {
    /** Control records of transactions counted in. */
    private static final long NEWEST_OFFSETS = 20_000;

    private final PartitionReader reader;
    private final TopicPartition partition;
    private final BadRecords bad;
    private final List<Unread> unread = new ArrayList<>();

    private record Unread(ConsumerRecord<byte[], byte[]> record, String reason) {}

    DeadLetterLog(PartitionReader reader, String topic, BadRecords bad) {
        this.reader = reader;
        this.partition = new TopicPartition(topic, 0);
        this.bad = bad;
    }

    void read() throws Exception {
        reader.read(partition, reader.end(partition) - NEWEST_OFFSETS, this::take);
        // Not before all are read: its own dead letter stands behind a bad one.
        unread.forEach(one -> bad.skip(one.record(), one.reason()));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (ControlCodec.decode(record.value(), DeadLetter.class) instanceof DeadLetter.Unreadable letter) {
                bad.known(letter);
            }
        } catch (BadRecordException e) {
            unread.add(new Unread(record, String.valueOf(e.getMessage())));
        }
    }
}
