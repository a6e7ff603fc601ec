package io.millrace.producer.publish;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.TrainingTask;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads back what stands on the prompts topic, committed. Its one partition holds group indices rising with offsets, with
 * holes: control records of transactions and aborted records. Each call makes a consumer of its own and closes it, since
 * it is needed only at the start and after a commit of unknown outcome. Not thread-safe.
 */
public final class PromptLog {
    /** A stretch this short is read, not searched. */
    private static final long STRETCH_OFFSETS = 1_000;

    private final Supplier<org.apache.kafka.clients.consumer.Consumer<byte[], byte[]>> consumers;
    private final TopicPartition partition;
    private final Duration limit;

    /**
     * @param consumers makes read_committed consumers
     * @param limit how long the broker may take to answer, each time
     */
    public PromptLog(
            Supplier<org.apache.kafka.clients.consumer.Consumer<byte[], byte[]>> consumers,
            String topic,
            Duration limit) {
        this.consumers = consumers;
        this.partition = new TopicPartition(topic, 0);
        this.limit = limit;
    }

    /**
     * The task with the highest group index; null when there is none. Reads backwards from the end in growing stretches,
     * since any number of control records may stand behind it.
     */
    public @Nullable PublishedTask last() throws BadRecordException {
        try (Reader reader = new Reader()) {
            long stretch = STRETCH_OFFSETS;
            for (long to = reader.end; to > reader.begin; stretch *= 4) {
                long from = Math.max(reader.begin, to - stretch);
                ConsumerRecord<byte[], byte[]> last = reader.lastBetween(from, to);
                if (last != null) {
                    return decode(last);
                }
                to = from;
            }
            return null;
        }
    }

    /**
     * Hands over every task from this group on, in order. The place where to begin is searched by halving: the log keeps
     * all the run's prompts, and only the unsettled end is of interest.
     */
    public void from(GroupIndex first, Consumer<PublishedTask> handler) throws BadRecordException {
        try (Reader reader = new Reader()) {
            long low = reader.begin;
            long high = reader.end;
            while (high - low > STRETCH_OFFSETS) {
                long middle = low + (high - low) / 2;
                ConsumerRecord<byte[], byte[]> record = reader.firstFrom(middle);
                if (record == null || decode(record).task().groupIndex().compareTo(first) >= 0) {
                    high = middle;
                } else {
                    low = record.offset();
                }
            }
            reader.each(low, record -> {
                PublishedTask task = decode(record);
                if (task.task().groupIndex().compareTo(first) >= 0) {
                    handler.accept(task);
                }
            });
        }
    }

    private PublishedTask decode(ConsumerRecord<byte[], byte[]> record) throws BadRecordException {
        try {
            return new PublishedTask(ControlCodec.decode(record.value(), TrainingTask.class), record.offset());
        } catch (BadRecordException e) {
            throw new BadRecordException(partition + " offset " + record.offset() + ": " + e.getMessage(), e);
        }
    }

    private interface RecordHandler {
        void accept(ConsumerRecord<byte[], byte[]> record) throws BadRecordException;
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

        /** The first record at or after the offset; null when only control records follow. */
        @Nullable
        ConsumerRecord<byte[], byte[]> firstFrom(long offset) {
            consumer.seek(partition, offset);
            while (true) {
                List<ConsumerRecord<byte[], byte[]>> records = poll();
                if (!records.isEmpty()) {
                    return records.getFirst();
                }
                if (consumer.position(partition, limit) >= end) {
                    return null;
                }
            }
        }

        @Nullable
        ConsumerRecord<byte[], byte[]> lastBetween(long from, long to) {
            consumer.seek(partition, from);
            ConsumerRecord<byte[], byte[]> last = null;
            while (consumer.position(partition, limit) < to) {
                for (ConsumerRecord<byte[], byte[]> record : poll()) {
                    if (record.offset() >= to) {
                        return last;
                    }
                    last = record;
                }
            }
            return last;
        }

        void each(long from, RecordHandler handler) throws BadRecordException {
            consumer.seek(partition, from);
            while (consumer.position(partition, limit) < end) {
                for (ConsumerRecord<byte[], byte[]> record : poll()) {
                    handler.accept(record);
                }
            }
        }

        private List<ConsumerRecord<byte[], byte[]>> poll() {
            long before = consumer.position(partition, limit);
            long deadlineNanos = System.nanoTime() + limit.toNanos();
            while (true) {
                List<ConsumerRecord<byte[], byte[]>> records =
                        consumer.poll(Duration.ofMillis(200)).records(partition);
                if (!records.isEmpty() || consumer.position(partition, limit) > before) {
                    return records;
                }
                if (System.nanoTime() > deadlineNanos) {
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
