package io.millrace.trainer.serve;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.time.Ticker;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartJoiner;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
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
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a lease into its groups: from memory where the payload is there, by partition and offset where not. Any thread
 * may call; one reads at a time, since the consumer has one owner at a time.
 */
public final class BatchReader {
    private static final Logger log = LoggerFactory.getLogger(BatchReader.class);

    /** Reading over so many unwanted records is cheaper than seeking, which throws away what was fetched ahead. */
    private static final long READ_OVER_RECORDS = 64;

    private static final Duration POLL = Duration.ofMillis(200);

    private final String topic;
    private final Consumer<byte[], byte[]> consumer;
    private final Ticker ticker;
    private final Duration limit;
    private final Duration goneAfter;
    private final ReentrantLock lock = new ReentrantLock(true);
    private volatile boolean ended;

    /**
     * @param consumer without a group; owned by this from now on
     * @param limit for reading one batch, and for waiting until another is read
     * @param goneAfter how long a partition must be seen to end before a record until that is gone
     */
    public BatchReader(
            String topic, Consumer<byte[], byte[]> consumer, Ticker ticker, Duration limit, Duration goneAfter) {
        this.topic = topic;
        this.consumer = consumer;
        this.ticker = ticker;
        this.limit = limit;
        this.goneAfter = goneAfter;
    }

    /**
     * The groups of a lease, in its order.
     *
     * @throws RolloutQueueException when records are gone, naming them all, or no broker answers, or others read for too
     *     long
     */
    public List<RolloutGroup> read(BatchSource source) throws InterruptedException {
        Map<GroupIndex, byte[]> blobs = new HashMap<>(source.payloads());
        Map<Integer, List<ManifestEntry>> missing = new TreeMap<>();
        for (ManifestEntry entry : source.lease().groups()) {
            if (!blobs.containsKey(entry.groupIndex())) {
                missing.computeIfAbsent(entry.partition(), partition -> new ArrayList<>())
                        .add(entry);
            }
        }
        Map<GroupIndex, String> whys = missing.isEmpty() ? Map.of() : readMissing(missing, blobs);
        List<RolloutGroup> groups = new ArrayList<>(source.lease().groups().size());
        List<ManifestEntry> gone = new ArrayList<>();
        String firstWhy = "";
        for (ManifestEntry entry : source.lease().groups()) {
            byte[] blob = blobs.remove(entry.groupIndex());
            try {
                if (blob == null) {
                    throw new BadRecordException(whys.getOrDefault(entry.groupIndex(), "it was not read"));
                }
                groups.add(decoded(entry, blob));
            } catch (BadRecordException e) {
                firstWhy = gone.isEmpty() ? unreadable(entry, String.valueOf(e.getMessage())) : firstWhy;
                gone.add(entry);
            }
        }
        if (!gone.isEmpty()) {
            throw new RolloutQueueException(firstWhy, gone);
        }
        return groups;
    }

    /** Returns why groups are not there, of those that are not. */
    private Map<GroupIndex, String> readMissing(
            Map<Integer, List<ManifestEntry>> missing, Map<GroupIndex, byte[]> blobs) throws InterruptedException {
        if (!lock.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.BUSY, "other batches were being read for " + limit + "; ask again");
        }
        try {
            if (ended) {
                throw new RolloutQueueException(
                        RolloutQueueException.Kind.ENDED,
                        "the trainer consumer is stopping or has failed; see its log");
            }
            Map<GroupIndex, String> whys = new HashMap<>();
            long deadlineNanos = ticker.nanos() + limit.toNanos();
            for (Map.Entry<Integer, List<ManifestEntry>> of : missing.entrySet()) {
                TreeSet<Long> offsets = new TreeSet<>();
                of.getValue().forEach(entry -> offsets.addAll(entry.offsets()));
                Map<Long, ConsumerRecord<byte[], byte[]>> records =
                        fetch(new TopicPartition(topic, of.getKey()), offsets, deadlineNanos);
                for (ManifestEntry entry : of.getValue()) {
                    try {
                        blobs.put(entry.groupIndex(), blob(entry, records));
                    } catch (BadRecordException e) {
                        whys.put(entry.groupIndex(), String.valueOf(e.getMessage()));
                    }
                }
            }
            return whys;
        } finally {
            lock.unlock();
        }
    }

    /** What stands at these offsets; those that are gone are absent. */
    private Map<Long, ConsumerRecord<byte[], byte[]>> fetch(
            TopicPartition partition, NavigableSet<Long> wanted, long deadlineNanos) {
        Map<Long, ConsumerRecord<byte[], byte[]>> found = new HashMap<>();
        try {
            consumer.assign(List.of(partition));
            long position = -1;
            long atEndSinceNanos = 0;
            boolean atEnd = false;
            Long next = wanted.first();
            while (next != null) {
                if (position < 0 || next - position > READ_OVER_RECORDS) {
                    consumer.seek(partition, next);
                }
                ConsumerRecords<byte[], byte[]> records = poll(partition);
                if (records == null) {
                    // Of the offsets that the log does not have, the lower are gone and the upper ones may be.
                    position = -1;
                    next = wanted.ceiling(Math.max(next, begin(partition)));
                } else {
                    for (ConsumerRecord<byte[], byte[]> record : records) {
                        if (wanted.contains(record.offset())) {
                            found.put(record.offset(), record);
                        }
                    }
                    position = consumer.position(partition);
                    next = wanted.ceiling(position);
                }
                if (next == null || (records != null && !records.isEmpty()) || next < end(partition)) {
                    atEnd = false;
                } else if (!atEnd) {
                    atEnd = true;
                    atEndSinceNanos = ticker.nanos();
                } else if (ticker.nanos() - atEndSinceNanos >= goneAfter.toNanos()) {
                    return found;
                }
                if (next != null && ticker.nanos() - deadlineNanos > 0) {
                    throw new RolloutQueueException(
                            RolloutQueueException.Kind.UNAVAILABLE,
                            "offset " + next + " of " + partition + " was not read within " + limit);
                }
            }
            return found;
        } catch (KafkaException e) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.UNAVAILABLE,
                    "offset " + wanted.first() + " and later of " + partition + " cannot be read: " + e.getMessage(),
                    e);
        }
    }

    /** Null where the log does not have the position. */
    private @Nullable ConsumerRecords<byte[], byte[]> poll(TopicPartition partition) {
        try {
            return consumer.poll(POLL);
        } catch (OffsetOutOfRangeException e) {
            log.debug("{} does not have what a manifest names", partition, e);
            return null;
        }
    }

    private long begin(TopicPartition partition) {
        return consumer.beginningOffsets(List.of(partition), limit).getOrDefault(partition, 0L);
    }

    private long end(TopicPartition partition) {
        return consumer.endOffsets(List.of(partition), limit).getOrDefault(partition, Long.MAX_VALUE);
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

    private static RolloutGroup decoded(ManifestEntry entry, byte[] blob) throws BadRecordException {
        RolloutGroup group = RolloutGroupCodec.decode(blob);
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
