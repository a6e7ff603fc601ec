package io.millrace.trainer.batch;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.time.Ticker;
import io.millrace.common.wire.PackedGroup;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartJoiner;
import io.millrace.common.wire.ResultHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Turns a lease into its groups: from memory where they are there, by partition and offset where not. Any thread
 * may call; one reads at a time, since the consumer has one owner at a time.
 */
public final class BatchReader {
    private final String topic;
    private final Consumer<byte[], byte[]> consumer;
    private final OffsetsFetch fetch;
    private final Duration limit;
    private final ReentrantLock lock = new ReentrantLock(true);
    private volatile boolean ended;

    /**
     * @param consumer without a group; owned by this from now on
     * @param limit for reading one batch, and for waiting until another is read
     * @param goneAfter how long a partition must be seen to end before a record until that is gone; comes on top of the
     *     limit, once for all partitions
     */
    public BatchReader(
            String topic, Consumer<byte[], byte[]> consumer, Ticker ticker, Duration limit, Duration goneAfter) {
        this.topic = topic;
        this.consumer = consumer;
        this.fetch = new OffsetsFetch(consumer, ticker, limit, goneAfter);
        this.limit = limit;
    }

    /**
     * The groups of a lease, in its order.
     *
     * @throws BatchReadException when records are gone, naming them all, or no broker answers, or others read for too
     *     long
     */
    public List<PackedGroup> read(BatchSource source) throws InterruptedException {
        Map<GroupIndex, PackedGroup> contents = new HashMap<>(source.contents());
        Map<Integer, List<ManifestEntry>> missing = new TreeMap<>();
        for (ManifestEntry entry : source.lease().groups()) {
            if (!contents.containsKey(entry.groupIndex())) {
                missing.computeIfAbsent(entry.partition(), partition -> new ArrayList<>())
                        .add(entry);
            }
        }
        Map<GroupIndex, String> whys = missing.isEmpty() ? Map.of() : readMissing(missing, contents);
        List<PackedGroup> groups = new ArrayList<>(source.lease().groups().size());
        List<ManifestEntry> gone = new ArrayList<>();
        String firstWhy = "";
        for (ManifestEntry entry : source.lease().groups()) {
            PackedGroup content = contents.get(entry.groupIndex());
            if (content == null) {
                firstWhy = gone.isEmpty()
                        ? unreadable(entry, whys.getOrDefault(entry.groupIndex(), "it was not read"))
                        : firstWhy;
                gone.add(entry);
            } else {
                groups.add(content);
            }
        }
        if (!gone.isEmpty()) {
            throw new BatchReadException(gone, firstWhy);
        }
        return groups;
    }

    /** Returns why groups are not there, of those that are not. */
    private Map<GroupIndex, String> readMissing(
            Map<Integer, List<ManifestEntry>> missing, Map<GroupIndex, PackedGroup> contents)
            throws InterruptedException {
        if (!lock.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new BatchReadException(
                    BatchReadException.Cause.BUSY, "other batches were being read for " + limit + "; ask again");
        }
        try {
            if (ended) {
                throw new BatchReadException(
                        BatchReadException.Cause.STOPPED,
                        "the trainer consumer is stopping or has failed; see its log");
            }
            Map<TopicPartition, NavigableSet<Long>> wanted = new HashMap<>();
            missing.forEach((partition, entries) -> {
                NavigableSet<Long> offsets =
                        wanted.computeIfAbsent(new TopicPartition(topic, partition), _ -> new TreeSet<>());
                entries.forEach(entry -> offsets.addAll(entry.offsets()));
            });
            Map<TopicPartition, Map<Long, ConsumerRecord<byte[], byte[]>>> found = fetch.read(wanted);
            Map<GroupIndex, String> whys = new HashMap<>();
            missing.forEach((partition, entries) -> {
                Map<Long, ConsumerRecord<byte[], byte[]>> records =
                        found.getOrDefault(new TopicPartition(topic, partition), Map.of());
                for (ManifestEntry entry : entries) {
                    try {
                        contents.put(entry.groupIndex(), decoded(entry, blob(entry, records)));
                    } catch (BadRecordException e) {
                        whys.put(entry.groupIndex(), String.valueOf(e.getMessage()));
                    }
                }
            });
            return whys;
        } finally {
            lock.unlock();
        }
    }

    private byte[] blob(ManifestEntry entry, Map<Long, ConsumerRecord<byte[], byte[]>> records)
            throws BadRecordException {
        List<Part> parts = new ArrayList<>();
        for (long offset : entry.offsets()) {
            ConsumerRecord<byte[], byte[]> record = records.get(offset);
            if (record == null || record.value() == null) {
                throw new BadRecordException("offset " + offset + " is no longer there");
            }
            if (entry.offsets().size() == 1) {
                return record.value();
            }
            try {
                parts.add(ResultHeaders.readPart(record.headers(), entry.groupIndex(), record.value()));
            } catch (BadRecordException e) {
                throw new BadRecordException("offset " + offset + ": " + e.getMessage(), e);
            }
        }
        return PartJoiner.join(parts);
    }

    private static PackedGroup decoded(ManifestEntry entry, byte[] blob) throws BadRecordException {
        PackedGroup group = PackedGroup.read(blob);
        if (!group.header().groupIndex().equals(entry.groupIndex())
                || !group.header().attempt().equals(entry.attempt())) {
            throw new BadRecordException("group " + group.header().groupIndex() + " attempt "
                    + group.header().attempt() + " stands there");
        }
        return group;
    }

    private String unreadable(ManifestEntry entry, String why) {
        return "group " + entry.groupIndex() + " attempt " + entry.attempt()
                + " cannot be read back from partition " + entry.partition() + " offsets " + entry.offsets() + " of "
                + topic + ": " + why;
    }

    /**
     * Ends a read under way, then closes the consumer; later reads from the topic are refused.
     *
     * @throws IllegalStateException when the read has not ended within the limit
     */
    public void stop(Duration stopLimit) throws InterruptedException {
        ended = true;
        consumer.wakeup();
        if (!lock.tryLock(stopLimit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("a batch was still being read after " + stopLimit);
        }
        try {
            consumer.close();
        } finally {
            lock.unlock();
        }
    }
}
