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
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Turns a lease into its groups: from memory where the payload is there, by partition and offset where not. Any thread
 * may call; one reads at a time, since the consumer has one owner at a time.
 */
public final class BatchReader {
    /** Reading over so many unwanted records is cheaper than seeking, which throws away what was fetched ahead. */
    private static final long READ_OVER_RECORDS = 64;

    private static final Duration POLL = Duration.ofMillis(200);

    private final String topic;
    private final Consumer<byte[], byte[]> consumer;
    private final Ticker ticker;
    private final Duration limit;
    private final ReentrantLock lock = new ReentrantLock(true);
    private volatile boolean ended;

    /**
     * @param consumer without a group; owned by this from now on
     * @param limit for reading one batch, and for waiting until another is read
     */
    public BatchReader(String topic, Consumer<byte[], byte[]> consumer, Ticker ticker, Duration limit) {
        this.topic = topic;
        this.consumer = consumer;
        this.ticker = ticker;
        this.limit = limit;
    }

    /**
     * The groups of a lease, in its order.
     *
     * @throws RolloutQueueException when a record cannot be read back, naming partition and offset, or others read for
     *     too long
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
        if (!missing.isEmpty()) {
            readMissing(missing, blobs);
        }
        List<RolloutGroup> groups = new ArrayList<>(source.lease().groups().size());
        for (ManifestEntry entry : source.lease().groups()) {
            byte[] blob = blobs.remove(entry.groupIndex());
            if (blob == null) {
                throw unreadable(entry, "it was not read", null);
            }
            groups.add(decoded(entry, blob));
        }
        return groups;
    }

    private void readMissing(Map<Integer, List<ManifestEntry>> missing, Map<GroupIndex, byte[]> blobs)
            throws InterruptedException {
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
            long deadlineNanos = ticker.nanos() + limit.toNanos();
            for (Map.Entry<Integer, List<ManifestEntry>> of : missing.entrySet()) {
                TreeSet<Long> offsets = new TreeSet<>();
                of.getValue().forEach(entry -> offsets.addAll(entry.offsets()));
                Map<Long, ConsumerRecord<byte[], byte[]>> records =
                        fetch(new TopicPartition(topic, of.getKey()), offsets, deadlineNanos);
                for (ManifestEntry entry : of.getValue()) {
                    blobs.put(entry.groupIndex(), blob(entry, records));
                }
            }
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
            Long next = wanted.first();
            while (next != null) {
                if (position < 0 || next - position > READ_OVER_RECORDS) {
                    consumer.seek(partition, next);
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (wanted.contains(record.offset())) {
                        found.put(record.offset(), record);
                    }
                }
                position = consumer.position(partition);
                next = wanted.ceiling(position);
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

    private byte[] blob(ManifestEntry entry, Map<Long, ConsumerRecord<byte[], byte[]>> records) {
        List<Part> parts = new ArrayList<>();
        for (long offset : entry.offsets()) {
            ConsumerRecord<byte[], byte[]> record = records.get(offset);
            if (record == null || record.value() == null) {
                throw unreadable(entry, "offset " + offset + " is no longer there", null);
            }
            if (entry.offsets().size() == 1) {
                return record.value();
            }
            try {
                parts.add(ResultHeaders.readPart(record.headers(), entry.groupIndex(), record.value()));
            } catch (BadRecordException e) {
                throw unreadable(entry, "offset " + offset + ": " + e.getMessage(), e);
            }
        }
        try {
            return PartJoiner.join(parts);
        } catch (BadRecordException e) {
            throw unreadable(entry, String.valueOf(e.getMessage()), e);
        }
    }

    private RolloutGroup decoded(ManifestEntry entry, byte[] blob) {
        RolloutGroup group;
        try {
            group = RolloutGroupCodec.decode(blob);
        } catch (BadRecordException e) {
            throw unreadable(entry, String.valueOf(e.getMessage()), e);
        }
        if (!group.header().groupIndex().equals(entry.groupIndex())
                || !group.header().attempt().equals(entry.attempt())) {
            throw unreadable(
                    entry,
                    "group " + group.header().groupIndex() + " attempt "
                            + group.header().attempt() + " stands there",
                    null);
        }
        return group;
    }

    private RolloutQueueException unreadable(ManifestEntry entry, String why, @Nullable Exception cause) {
        String message = "group " + entry.groupIndex() + " attempt " + entry.attempt()
                + " cannot be read back from partition " + entry.partition() + " offsets " + entry.offsets() + " of "
                + topic + ": " + why;
        return cause == null
                ? new RolloutQueueException(RolloutQueueException.Kind.UNREADABLE, message)
                : new RolloutQueueException(RolloutQueueException.Kind.UNREADABLE, message, cause);
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
