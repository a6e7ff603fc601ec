package io.millrace.producer.publish;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads back what stands on a prompts lane, committed. Its one partition has holes: control records of transactions,
 * aborted records, and records that are no tasks, which are passed over. On the lane of first attempts group indices rise
 * with offsets. Each call makes a consumer of its own and closes it, since it is needed only when the run is taken over and when groups are
 * issued again.
 * Not thread-safe.
 */
public final class PromptLog {
    /** A stretch this short is read, not searched. */
    private static final long STRETCH_OFFSETS = 1_000;

    private final Supplier<org.apache.kafka.clients.consumer.Consumer<byte[], byte[]>> consumers;
    private final TopicPartition partition;
    private final Duration limit;
    private final Ticker ticker;
    private final Skipped skipped;

    /** Told of each record that is handed to nobody since it is no task. */
    @FunctionalInterface
    public interface Skipped {
        void skip(ConsumerRecord<byte[], byte[]> record, String reason);
    }

    /**
     * @param consumers makes read_committed consumers
     * @param limit how long the broker may take to answer, each time
     * @param skipped told by {@link #from} and {@link #all}
     */
    public PromptLog(
            Supplier<org.apache.kafka.clients.consumer.Consumer<byte[], byte[]>> consumers,
            String topic,
            Duration limit,
            Ticker ticker,
            Skipped skipped) {
        this.consumers = consumers;
        this.partition = new TopicPartition(topic, 0);
        this.limit = limit;
        this.ticker = ticker;
        this.skipped = skipped;
    }

    /**
     * The last task, which on the lane of first attempts has the highest group index; null when there is none. Reads
     * backwards from the end in growing stretches, since any number of other records may stand behind it.
     */
    public @Nullable PublishedTask last() {
        try (Reader reader = new Reader()) {
            long stretch = STRETCH_OFFSETS;
            for (long to = reader.end; to > reader.begin; stretch *= 4) {
                long from = Math.max(reader.begin, to - stretch);
                PublishedTask last = reader.lastBetween(from, to);
                if (last != null) {
                    return last;
                }
                to = from;
            }
            return null;
        }
    }

    /**
     * Hands over every task from this group on, in order. The place where to begin is searched by halving: the log may
     * hold all the run's prompts, and only the unsettled end is of interest.
     */
    public void from(GroupIndex first, Consumer<PublishedTask> handler) {
        try (Reader reader = new Reader()) {
            long low = reader.begin;
            long high = reader.end;
            while (high - low > STRETCH_OFFSETS) {
                long middle = low + (high - low) / 2;
                PublishedTask task = reader.firstBetween(middle, high);
                if (task == null || task.task().groupIndex().compareTo(first) >= 0) {
                    high = middle;
                } else {
                    low = task.offset();
                }
            }
            reader.each(low, task -> {
                if (task.task().groupIndex().compareTo(first) >= 0) {
                    handler.accept(task);
                }
            });
        }
    }

    /** Hands over every task of the lane, in order of offsets. */
    public void all(Consumer<PublishedTask> handler) {
        try (Reader reader = new Reader()) {
            reader.each(reader.begin, handler);
        }
    }

    /**
     * The tasks at these offsets. What stands there no more, or is no task, is left out.
     *
     * @return by offset
     */
    public Map<Long, TrainingTask> at(Collection<Long> offsets) {
        Map<Long, TrainingTask> tasks = new HashMap<>();
        if (!offsets.isEmpty()) {
            try (Reader reader = new Reader()) {
                reader.at(new TreeSet<>(offsets), task -> tasks.put(task.offset(), task.task()));
            }
        }
        return tasks;
    }

    private static PublishedTask decode(ConsumerRecord<byte[], byte[]> record) throws BadRecordException {
        if (record.value() == null) {
            throw new BadRecordException("no value");
        }
        return new PublishedTask(ControlCodec.decode(record.value(), TrainingTask.class), record.offset());
    }

    /** Null for a record that is no task. */
    private static @Nullable PublishedTask taskIn(ConsumerRecord<byte[], byte[]> record) {
        try {
            return decode(record);
        } catch (BadRecordException e) {
            return null;
        }
    }

    /** One look at the log, up to where it ended when the look began. */
    private final class Reader implements AutoCloseable {
        private final org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer = consumers.get();
        final long begin;
        final long end;

        Reader() {
            consumer.assign(List.of(partition));
            begin = offset(consumer.beginningOffsets(List.of(partition), limit));
            end = offset(consumer.endOffsets(List.of(partition), limit));
        }

        private long offset(Map<TopicPartition, Long> offsets) {
            Long offset = offsets.get(partition);
            if (offset == null) {
                throw new TimeoutException("the broker does not tell where " + partition + " begins and ends");
            }
            return offset;
        }

        /** The first task in the stretch; null when there is none. */
        @Nullable
        PublishedTask firstBetween(long from, long to) {
            consumer.seek(partition, from);
            while (consumer.position(partition, limit) < to) {
                for (ConsumerRecord<byte[], byte[]> record : poll()) {
                    PublishedTask task = record.offset() < to ? taskIn(record) : null;
                    if (task != null) {
                        return task;
                    }
                }
            }
            return null;
        }

        @Nullable
        PublishedTask lastBetween(long from, long to) {
            consumer.seek(partition, from);
            PublishedTask last = null;
            while (consumer.position(partition, limit) < to) {
                for (ConsumerRecord<byte[], byte[]> record : poll()) {
                    PublishedTask task = record.offset() < to ? taskIn(record) : null;
                    last = task == null ? last : task;
                }
            }
            return last;
        }

        void each(long from, Consumer<PublishedTask> handler) {
            consumer.seek(partition, from);
            while (consumer.position(partition, limit) < end) {
                for (ConsumerRecord<byte[], byte[]> record : poll()) {
                    try {
                        handler.accept(decode(record));
                    } catch (BadRecordException e) {
                        skipped.skip(record, String.valueOf(e.getMessage()));
                    }
                }
            }
        }

        /** Reads on where the next one is near, since a seek costs a fetch of its own. */
        void at(NavigableSet<Long> offsets, Consumer<PublishedTask> handler) {
            NavigableSet<Long> there = offsets.subSet(begin, true, end, false);
            Long next = there.isEmpty() ? null : there.first();
            if (next != null) {
                consumer.seek(partition, next);
            }
            while (next != null) {
                for (ConsumerRecord<byte[], byte[]> record : poll()) {
                    PublishedTask task = there.contains(record.offset()) ? taskIn(record) : null;
                    if (task != null) {
                        handler.accept(task);
                    }
                }
                long position = consumer.position(partition, limit);
                next = there.ceiling(position);
                if (next != null && next - position > STRETCH_OFFSETS) {
                    consumer.seek(partition, next);
                }
            }
        }

        private List<ConsumerRecord<byte[], byte[]>> poll() {
            long before = consumer.position(partition, limit);
            long beganNanos = ticker.nanos();
            while (true) {
                List<ConsumerRecord<byte[], byte[]>> records =
                        consumer.poll(Duration.ofMillis(200)).records(partition);
                if (!records.isEmpty() || consumer.position(partition, limit) > before) {
                    return records;
                }
                if (ticker.nanos() - beganNanos >= limit.toNanos()) {
                    throw new TimeoutException("no answer within " + limit + " while reading " + partition + " at "
                            + before + " of " + end);
                }
            }
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
