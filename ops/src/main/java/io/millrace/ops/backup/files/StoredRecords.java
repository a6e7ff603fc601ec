package io.millrace.ops.backup.files;

import io.millrace.common.config.SettingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.CloseableIterator;
import org.jspecify.annotations.Nullable;

/** Reads back what {@link PartitionFiles} wrote, one record after the other; in memory is one batch. One owner. */
public final class StoredRecords implements AutoCloseable {
    private final Iterator<Path> files;
    private final BufferSupplier buffers = BufferSupplier.create();
    private @Nullable FileRecords file;
    private @Nullable Iterator<FileChannelRecordBatch> batches;
    private @Nullable CloseableIterator<Record> records;

    /** @param files in the order of their offsets */
    public StoredRecords(List<Path> files) {
        this.files = files.iterator();
    }

    /**
     * Null behind the last one.
     *
     * @throws SettingException when a file cannot be read or is damaged
     */
    @Nullable
    public StoredRecord next() {
        try {
            while (true) {
                if (records != null && records.hasNext()) {
                    return stored(records.next());
                }
                if (batches != null && batches.hasNext()) {
                    FileChannelRecordBatch batch = batches.next();
                    batch.ensureValid();
                    endBatch();
                    records = batch.streamingIterator(buffers);
                } else if (files.hasNext()) {
                    close();
                    FileRecords opened = FileRecords.open(files.next().toFile(), false);
                    file = opened;
                    batches = opened.batches().iterator();
                } else {
                    return null;
                }
            }
        } catch (IOException | KafkaException e) {
            throw new SettingException("--input: " + (file == null ? "a file" : file.file()) + " cannot be read: " + e);
        }
    }

    private static StoredRecord stored(Record record) {
        return new StoredRecord(
                record.offset(), record.timestamp(), bytes(record.key()), bytes(record.value()), record.headers());
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
        return buffer == null ? null : Utils.toArray(buffer);
    }

    private void endBatch() {
        if (records != null) {
            records.close();
            records = null;
        }
    }

    @Override
    public void close() throws IOException {
        endBatch();
        batches = null;
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
