package io.millrace.ops.cluster;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.ControlRecord;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Control records as commands read them. */
public final class ControlRecords {
    private ControlRecords() {}

    /** Empty for a tombstone and for a broken record, which {@code peek} shows: a reader must not stop for it. */
    public static <T extends ControlRecord> Optional<T> decoded(ConsumerRecord<byte[], byte[]> record, Class<T> type) {
        byte[] value = record.value();
        if (value == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(ControlCodec.decode(value, type));
        } catch (BadRecordException e) {
            return Optional.empty();
        }
    }
}
