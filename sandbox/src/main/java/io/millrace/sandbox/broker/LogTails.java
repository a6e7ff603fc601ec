package io.millrace.sandbox.broker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Takes from a stopped broker's logs what a power loss takes: the last records of a partition, which stood in the page
 * cache and were acknowledged, and never came to the disk. Only the active segment's file is shortened; its indices and
 * the producers' state stay as they were, so they are ahead of the log, as they may be after a real loss. The note that
 * the broker was stopped in order is removed, so that its next start looks what the logs really hold. Stateless; the
 * broker must not run.
 *
 * @param dataDir of the broker; what it has as {@code log.dirs}
 */
public record LogTails(Path dataDir) {
    /** Base offset and length of a batch; the length counts from behind itself. */
    private static final int BATCH_OVERHEAD_BYTES = 12;

    private static final int BATCH_LENGTH_AT = 8;

    /** A partition's folder; one that is being deleted has another form. */
    private static final Pattern FOLDER = Pattern.compile("(.+)-([0-9]{1,9})");

    /** The partitions of a topic that stand there, ascending. */
    public List<TopicPartition> partitions(String topic) throws IOException {
        return all(topic).stream()
                .filter(partition -> partition.topic().equals(topic))
                .toList();
    }

    /** The partitions of every topic of a run, or of all topics whose name begins so, in order. */
    public List<TopicPartition> all(String prefix) throws IOException {
        try (Stream<Path> folders = Files.list(dataDir)) {
            return folders.map(folder -> FOLDER.matcher(String.valueOf(folder.getFileName())))
                    .filter(Matcher::matches)
                    .map(name -> new TopicPartition(name.group(1), Integer.parseInt(name.group(2))))
                    .filter(partition -> partition.topic().startsWith(prefix))
                    .sorted(Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition))
                    .toList();
        }
    }

    /**
     * Cuts the last bytes off a partition's active segment; the batch that they tear goes with them at the next start.
     *
     * @param bytes how many; of a shorter segment all go
     * @return how many went
     * @throws IllegalStateException when the broker runs
     */
    public long cutBytes(TopicPartition partition, long bytes) throws IOException {
        return cut(partition, (file, size) -> Math.max(0, size - bytes));
    }

    /**
     * Cuts the last whole batches off a partition's active segment. A producer that sends one record at a time makes one
     * batch of each, and a transaction's end is one of its own.
     *
     * @param batches how many; of a segment with fewer all go
     * @return how many bytes went
     * @throws IllegalStateException when the broker runs
     */
    public long cutBatches(TopicPartition partition, int batches) throws IOException {
        return cut(partition, (file, size) -> {
            List<Long> begins = batches(file, size);
            int kept = Math.max(0, begins.size() - batches);
            return kept == begins.size() ? size : begins.get(kept);
        });
    }

    private interface Cut {
        long newSize(FileChannel file, long size) throws IOException;
    }

    private long cut(TopicPartition partition, Cut cut) throws IOException {
        requireStopped();
        Path folder = dataDir.resolve(partition.toString());
        Optional<Path> active;
        try (Stream<Path> files = Files.list(folder)) {
            // Named by their first offset, all of the same length.
            active = files.filter(file -> file.toString().endsWith(".log")).max(Comparator.naturalOrder());
        }
        if (active.isEmpty()) {
            return 0;
        }
        Files.deleteIfExists(dataDir.resolve(".kafka_cleanshutdown"));
        try (FileChannel file = FileChannel.open(active.get(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long size = file.size();
            long newSize = cut.newSize(file, size);
            file.truncate(newSize);
            return size - newSize;
        }
    }

    /** Where each batch of the file begins, in order. */
    private static List<Long> batches(FileChannel file, long size) throws IOException {
        List<Long> begins = new ArrayList<>();
        ByteBuffer head = ByteBuffer.allocate(BATCH_OVERHEAD_BYTES);
        long at = 0;
        while (at + BATCH_OVERHEAD_BYTES <= size) {
            head.clear();
            while (head.hasRemaining()) {
                if (file.read(head, at + head.position()) < 0) {
                    return begins;
                }
            }
            long length = Integer.toUnsignedLong(head.getInt(BATCH_LENGTH_AT));
            if (length == 0) {
                break;
            }
            begins.add(at);
            at += BATCH_OVERHEAD_BYTES + length;
        }
        return begins;
    }

    private void requireStopped() throws IOException {
        Path lock = dataDir.resolve(".lock");
        if (!Files.exists(lock)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                FileLock held = channel.tryLock()) {
            if (held == null) {
                throw running(null);
            }
        } catch (OverlappingFileLockException e) {
            throw running(e);
        }
    }

    private IllegalStateException running(@Nullable Exception cause) {
        return new IllegalStateException("the broker of " + dataDir + " runs; stop it before its logs are cut", cause);
    }
}
