package io.millrace.ops.backup.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Writes the records of one partition as Kafka's own log files: record batches (version 2) compressed with zstd, each with its
 * checksum, offsets and times; {@code kafka-dump-log} reads them. In memory is one batch. One owner.
 */
public final class PartitionFiles implements AutoCloseable {
    /** What is compressed at once; a larger record is a batch of its own. */
    private static final int BATCH_BYTES = 1 << 20;

    private static final int BATCH_RECORDS = 10_000;

    /** Offsets of a batch count from its first one, in 31 bits. */
    private static final long BATCH_OFFSETS = 1L << 30;

    /** Kafka's readers take files below 2 GiB. */
    private static final long FILE_BYTES = 1L << 30;

    private final Path folder;
    private final List<Path> files = new ArrayList<>();
    private @Nullable FileChannel channel;
    private @Nullable MemoryRecordsBuilder batch;
    private long batchOffset;
    private long batchBytes;
    private long records;

    /** @param folder of the partition, which is made when there is something to write */
    public PartitionFiles(Path folder) {
        this.folder = folder;
    }

    /** @param record above the one before */
    public void add(StoredRecord record) throws IOException {
        MemoryRecordsBuilder open = batch;
        if (open != null
                && (batchBytes + record.bytes() > BATCH_BYTES
                        || open.numRecords() >= BATCH_RECORDS
                        || record.offset() - batchOffset >= BATCH_OFFSETS)) {
            endBatch();
            open = null;
        }
        if (open == null) {
            open = MemoryRecords.builder(
                    ByteBuffer.allocate(64 << 10),
                    Compression.zstd().build(),
                    TimestampType.CREATE_TIME,
                    record.offset());
            batch = open;
            batchOffset = record.offset();
            batchBytes = 0;
        }
        open.appendWithOffset(record.offset(), record.timestampMs(), record.key(), record.value(), record.headers());
        batchBytes += record.bytes();
        records++;
    }

    private void endBatch() throws IOException {
        MemoryRecordsBuilder ended = batch;
        if (ended == null) {
            return;
        }
        batch = null;
        ByteBuffer bytes = ended.build().buffer();
        FileChannel into = channel;
        if (into == null || into.position() + bytes.remaining() > FILE_BYTES) {
            endFile();
            into = begin();
        }
        while (bytes.hasRemaining()) {
            into.write(bytes);
        }
    }

    private FileChannel begin() throws IOException {
        Files.createDirectories(folder);
        // As Kafka names its segments: by their first offset.
        Path file = folder.resolve(String.format("%020d.log", batchOffset));
        FileChannel opened = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        files.add(file);
        channel = opened;
        return opened;
    }

    private void endFile() throws IOException {
        try (FileChannel ended = channel) {
            if (ended != null) {
                ended.force(true);
            }
        } finally {
            channel = null;
        }
    }

    /** Everything is on disk afterwards. */
    public List<Path> end() throws IOException {
        endBatch();
        endFile();
        return List.copyOf(files);
    }

    /** So many were added. */
    public long records() {
        return records;
    }

    /** Without {@link #end} before, what was written is worth nothing. */
    @Override
    public void close() throws IOException {
        if (batch != null) {
            batch.abort();
            batch = null;
        }
        endFile();
    }
}
