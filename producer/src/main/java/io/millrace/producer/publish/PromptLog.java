package io.millrace.producer.publish;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.TrainingTask;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads back what stands on a prompts lane, committed. Its one partition has holes: control records of transactions,
 * aborted records, and records that are no tasks, which are passed over. On the lane of first attempts group indices rise
 * with offsets. Each call makes a consumer of its own and closes it, since it is needed only when the run is taken over and
 * when groups are issued again. Not thread-safe.
 */
public final class PromptLog {
    /** A stretch this short is read, not searched. */
    private static final long STRETCH_OFFSETS = 1_000;

    private final Supplier<org.apache.kafka.clients.consumer.Consumer<byte[], byte[]>> consumers;
    private final TopicPartition partition;
    private final Duration limit;
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
            Skipped skipped) {
        this.consumers = consumers;
        this.partition = new TopicPartition(topic, 0);
        this.limit = limit;
        this.skipped = skipped;
    }

    private PartitionReader reader() {
        return new PartitionReader(new TopicTail(consumers.get()), limit);
    }

    /** The last task, which on the lane of first attempts has the highest group index; null when there is none. */
    public @Nullable PublishedTask last() throws Exception {
        try (PartitionReader reader = reader()) {
            // Any number of other records may stand behind it.
            Deque<PublishedTask> tasks = reader.backward(
                    partition,
                    STRETCH_OFFSETS,
                    ArrayDeque::new,
                    (read, record) -> task(record).ifPresent(read::add),
                    read -> !read.isEmpty());
            return tasks.peekLast();
        }
    }

    /**
     * Hands over every task from this group on, in order. The place where to begin is searched by halving: the log may
     * hold all the run's prompts, and only the unsettled end is of interest.
     */
    public void from(GroupIndex first, Consumer<PublishedTask> handler) throws Exception {
        try (PartitionReader reader = reader()) {
            long from = reader.rankedFrom(partition, first.value(), PromptLog::index);
            reader.read(partition, from, each(task -> {
                if (task.task().groupIndex().compareTo(first) >= 0) {
                    handler.accept(task);
                }
            }));
        }
    }

    private static OptionalLong index(ConsumerRecord<byte[], byte[]> record) {
        return task(record)
                .map(task -> OptionalLong.of(task.task().groupIndex().value()))
                .orElse(OptionalLong.empty());
    }

    /** Hands over every task of the lane, in order of offsets. */
    public void all(Consumer<PublishedTask> handler) throws Exception {
        try (PartitionReader reader = reader()) {
            reader.read(partition, 0, each(handler));
        }
    }

    /**
     * The tasks at these offsets. What stands there no more, or is no task, is left out.
     *
     * @return by offset
     */
    public Map<Long, TrainingTask> at(Collection<Long> offsets) throws Exception {
        Map<Long, TrainingTask> tasks = new HashMap<>();
        if (offsets.isEmpty()) {
            return tasks;
        }
        try (PartitionReader reader = reader()) {
            NavigableSet<Long> left = new TreeSet<>(offsets).headSet(reader.end(partition), false);
            while (!left.isEmpty()) {
                // Reads on where the next one is near, since a seek costs a fetch of its own.
                long from = left.first();
                long to = from;
                for (Long next = from; next != null && next - to <= STRETCH_OFFSETS; next = left.higher(to)) {
                    to = next;
                }
                NavigableSet<Long> stretch = left.headSet(to, true);
                reader.read(partition, from, to + 1, record -> {
                    if (stretch.contains(record.offset())) {
                        task(record).ifPresent(task -> tasks.put(task.offset(), task.task()));
                    }
                });
                left = left.tailSet(to, false);
            }
        }
        return tasks;
    }

    private Consumer<ConsumerRecord<byte[], byte[]>> each(Consumer<PublishedTask> handler) {
        return record -> {
            try {
                handler.accept(decode(record));
            } catch (BadRecordException e) {
                NewerRecords.refuse(record, e);
                skipped.skip(record, String.valueOf(e.getMessage()));
            }
        };
    }

    private static PublishedTask decode(ConsumerRecord<byte[], byte[]> record) throws BadRecordException {
        return new PublishedTask(ControlCodec.decode(record.value(), TrainingTask.class), record.offset());
    }

    /** Empty for a record that is no task. */
    private static Optional<PublishedTask> task(ConsumerRecord<byte[], byte[]> record) {
        return ControlCodec.ifOurs(record.value(), TrainingTask.class)
                .map(task -> new PublishedTask(task, record.offset()));
    }
}
