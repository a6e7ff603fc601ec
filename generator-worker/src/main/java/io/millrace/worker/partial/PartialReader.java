package io.millrace.worker.partial;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.PartialRef;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.wire.PartJoiner;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of {@code partials} by their offsets. Its client is made with the first read, since most workers never
 * need one. Thread-safe; one read at a time.
 */
public final class PartialReader implements Partials, AutoCloseable {
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final TopicPartition partition;
    private final Duration limit;
    private final long bytesMax;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable PartitionReader reader;

    /**
     * @param consumers makes read_committed consumers
     * @param limit of each answer of the broker
     * @param bytesMax of one group
     */
    public PartialReader(Supplier<Consumer<byte[], byte[]>> consumers, String topic, Duration limit, long bytesMax) {
        this.consumers = consumers;
        this.partition = new TopicPartition(topic, 0);
        this.limit = limit;
        this.bytesMax = bytesMax;
    }

    @Override
    public RolloutGroup read(PartialRef ref, GroupIndex group) throws BadRecordException, InterruptedException {
        lock.lockInterruptibly();
        try {
            return RolloutGroupCodec.decode(blob(ref, group));
        } catch (InterruptException e) {
            close();
            Thread.interrupted();
            throw new InterruptedException("interrupted while reading " + partition);
        } catch (BadRecordException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            close();
            throw new BadRecordException(partition + " cannot be read: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    private byte[] blob(PartialRef ref, GroupIndex group) throws Exception {
        PartJoiner joiner = new PartJoiner(1, bytesMax);
        for (long offset : ref.offsets()) {
            ConsumerRecord<byte[], byte[]> record = record(offset);
            if (ResultHeaders.readType(record.headers()) == ResultHeaders.Type.GROUP) {
                return record.value();
            }
            PartJoiner.Outcome outcome = joiner.add(
                            ResultHeaders.readPart(record.headers(), group, record.value()), offset)
                    .outcome();
            if (outcome instanceof PartJoiner.Joined joined) {
                return joined.blob();
            }
        }
        throw new BadRecordException("the parts at " + ref.offsets() + " do not make a group");
    }

    private ConsumerRecord<byte[], byte[]> record(long offset) throws Exception {
        PartitionReader present = reader;
        if (present == null) {
            present = new PartitionReader(new TopicTail(consumers.get()), limit);
            reader = present;
        }
        ConsumerRecord<byte[], byte[]> record = present.first(partition, offset)
                .filter(found -> found.offset() == offset)
                .orElse(null);
        if (record == null || record.value() == null) {
            throw new BadRecordException("nothing stands at " + partition + " offset " + offset);
        }
        return record;
    }

    /** Also after a failure: the next read makes a new client. */
    @Override
    public void close() {
        lock.lock();
        try {
            PartitionReader present = reader;
            reader = null;
            if (present != null) {
                present.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
