package io.millrace.common.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads committed records of a topic's partitions. Offsets have gaps (transaction markers, compaction), so the newest
 * n records are found by going back in growing windows. One owner.
 */
public final class PartitionReader implements AutoCloseable {
    private static final long FIRST_WINDOW_OFFSETS = 64;

    /** So much is read, not searched. */
    private static final long SHORT_STRETCH_OFFSETS = 1_000;

    private final TopicTail tail;
    private final Duration limit;

    /** @param limit how long the broker may take to answer, each call */
    public PartitionReader(TopicTail tail, Duration limit) {
        this.tail = tail;
        this.limit = limit;
    }

    public List<TopicPartition> partitions(String topic) {
        return tail.consumer().partitionsFor(topic, limit).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .sorted(java.util.Comparator.comparingInt(TopicPartition::partition))
                .toList();
    }

    public long begin(TopicPartition partition) {
        return tail.consumer().beginningOffsets(List.of(partition), limit).getOrDefault(partition, 0L);
    }

    /** The offset after the last committed one. */
    public long end(TopicPartition partition) {
        return tail.consumer().endOffsets(List.of(partition), limit).getOrDefault(partition, 0L);
    }

    /** The first offset of each that is there. */
    public Map<TopicPartition, Long> begins(Collection<TopicPartition> of) {
        return tail.consumer().beginningOffsets(of, limit);
    }

    /** The offset after the last committed one of each, all at one moment. */
    public Map<TopicPartition, Long> ends(Collection<TopicPartition> of) {
        return tail.consumer().endOffsets(of, limit);
    }

    /**
     * Hands over the records of several partitions, each in its order, from offsets that are there up to offsets that they
     * had reached, exclusive.
     */
    public void read(
            Map<TopicPartition, Long> from,
            Map<TopicPartition, Long> to,
            Consumer<ConsumerRecord<byte[], byte[]>> handler)
            throws Exception {
        tail.followFrom(from);
        TopicTail.Handler below = record -> {
            if (record.offset() < to.getOrDefault(new TopicPartition(record.topic(), record.partition()), 0L)) {
                handler.accept(record);
            }
        };
        tail.readTo(to, below, limit);
    }

    /** Hands over every record from an offset (or the first after it that is there) to the end. */
    public void read(TopicPartition partition, long from, Consumer<ConsumerRecord<byte[], byte[]>> handler)
            throws Exception {
        tail.followFrom(Map.of(partition, Math.max(from, begin(partition))));
        tail.readToEnd(handler::accept, limit);
    }

    /** The same up to an offset, exclusive, that the partition had reached. */
    public void read(TopicPartition partition, long from, long to, Consumer<ConsumerRecord<byte[], byte[]>> handler)
            throws Exception {
        tail.followFrom(Map.of(partition, Math.max(from, begin(partition))));
        TopicTail.Handler below = record -> {
            if (record.offset() < to) {
                handler.accept(record);
            }
        };
        tail.readTo(Map.of(partition, to), below, limit);
    }

    /**
     * The newest records, oldest first: as many as are needed for {@code enough}, and usually some more.
     *
     * @return all records of the partition when even they are not enough
     */
    public List<ConsumerRecord<byte[], byte[]>> newest(
            TopicPartition partition, Predicate<List<ConsumerRecord<byte[], byte[]>>> enough) throws Exception {
        return backward(partition, FIRST_WINDOW_OFFSETS, ArrayList::new, List::add, enough);
    }

    /**
     * Reads the end of a partition, each time from further back, until what was made of it is enough.
     *
     * @param window offsets of the first try
     * @param start what each try begins with
     * @return that of the last try, which has read all of the partition when no shorter one was enough
     */
    public <T> T backward(
            TopicPartition partition,
            long window,
            Supplier<T> start,
            BiConsumer<T, ConsumerRecord<byte[], byte[]>> add,
            Predicate<T> enough)
            throws Exception {
        long begin = begin(partition);
        long end = end(partition);
        for (long stretch = window; ; stretch *= 4) {
            long from = Math.max(begin, end - stretch);
            T made = start.get();
            read(partition, from, record -> add.accept(made, record));
            if (from == begin || enough.test(made)) {
                return made;
            }
        }
    }

    /**
     * The offset of the newest record that the test takes, searched from the end in growing stretches.
     *
     * @return empty when there is none
     */
    public OptionalLong lastOffset(TopicPartition partition, Predicate<ConsumerRecord<byte[], byte[]>> test)
            throws Exception {
        return newest(partition, records -> records.stream().anyMatch(test)).stream()
                .filter(test)
                .mapToLong(ConsumerRecord::offset)
                .max();
    }

    /**
     * Where to begin so that no record of at least this rank is missed, found by halving. Ranks rise with offsets;
     * records that have none may stand anywhere.
     *
     * @param rank empty for a record that has none
     */
    public long rankedFrom(
            TopicPartition partition, long wanted, Function<ConsumerRecord<byte[], byte[]>, OptionalLong> rank)
            throws Exception {
        long low = begin(partition);
        long high = end(partition);
        while (high - low > SHORT_STRETCH_OFFSETS) {
            long middle = low + (high - low) / 2;
            OptionalLong found = firstRank(partition, middle, high, rank);
            if (found.isPresent() && found.getAsLong() < wanted) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private OptionalLong firstRank(
            TopicPartition partition, long from, long to, Function<ConsumerRecord<byte[], byte[]>, OptionalLong> rank)
            throws Exception {
        tail.followFrom(Map.of(partition, from));
        List<OptionalLong> found = new ArrayList<>();
        TopicTail.Handler ranked = record -> {
            OptionalLong one = rank.apply(record);
            if (one.isPresent() && record.offset() < to) {
                found.add(one);
            }
        };
        tail.readTo(Map.of(partition, to), ranked, () -> !found.isEmpty(), limit);
        return found.isEmpty() ? OptionalLong.empty() : found.getFirst();
    }

    /** The record at an offset, or the first after it where that one is a marker or gone; empty at the end. */
    public Optional<ConsumerRecord<byte[], byte[]>> first(TopicPartition partition, long offset) throws Exception {
        long end = end(partition);
        if (offset >= end) {
            return Optional.empty();
        }
        tail.followFrom(Map.of(partition, Math.max(offset, begin(partition))));
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        tail.readTo(Map.of(partition, end), records::add, () -> !records.isEmpty(), limit);
        return records.stream().findFirst();
    }

    @Override
    public void close() {
        tail.close();
    }
}
