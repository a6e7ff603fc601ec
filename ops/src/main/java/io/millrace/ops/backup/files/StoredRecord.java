package io.millrace.ops.backup.files;

import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A record with its place and time.
 *
 * @param timestampMs as the topic had it, whoever's clock it was; -1 for none
 */
@SuppressWarnings("ArrayRecordComponent")
public record StoredRecord(
        long offset, long timestampMs, byte @Nullable [] key, byte @Nullable [] value, Header[] headers) {
    public static StoredRecord of(ConsumerRecord<byte[], byte[]> record) {
        return new StoredRecord(
                record.offset(),
                record.timestamp(),
                record.key(),
                record.value(),
                record.headers().toArray());
    }

    /** Bytes of what it says, about. */
    public int bytes() {
        int bytes = 16;
        bytes += key == null ? 0 : key.length;
        bytes += value == null ? 0 : value.length;
        for (Header header : headers) {
            bytes += header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return bytes;
    }

    /** Whether another one stands at the same offset and says the same, byte for byte. */
    public boolean same(StoredRecord other) {
        if (offset != other.offset
                || timestampMs != other.timestampMs
                || !Arrays.equals(key, other.key)
                || !Arrays.equals(value, other.value)
                || headers.length != other.headers.length) {
            return false;
        }
        for (int i = 0; i < headers.length; i++) {
            if (!headers[i].key().equals(other.headers[i].key())
                    || !Arrays.equals(headers[i].value(), other.headers[i].value())) {
                return false;
            }
        }
        return true;
    }
}
