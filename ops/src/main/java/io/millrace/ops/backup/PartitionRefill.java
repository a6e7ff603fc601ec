package io.millrace.ops.backup;

import io.millrace.common.config.SettingException;
import io.millrace.ops.backup.files.StoredRecord;
import io.millrace.ops.cluster.RunClients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A partition that is written record by record; each must get the offset that is due. One owner. */
final class PartitionRefill implements Refill.Log {
    private static final byte[] FILLER = "millrace-restore".getBytes(StandardCharsets.US_ASCII);

    /** A marker is written after the commit has been answered; it takes a few ms. */
    private static final Duration MARKER_WAIT = Duration.ofMillis(1);

    private final TopicPartition partition;
    private final Producer<byte[], byte[]> plain;
    private final Producer<byte[], byte[]> transactional;
    private final Admin admin;
    private final AtomicReference<@Nullable String> wrong = new AtomicReference<>();
    private long next;

    /**
     * @param plain not owned
     * @param transactional with its transactions initialised; not owned
     * @param admin not owned
     */
    PartitionRefill(
            TopicPartition partition,
            Producer<byte[], byte[]> plain,
            Producer<byte[], byte[]> transactional,
            Admin admin) {
        this.partition = partition;
        this.plain = plain;
        this.transactional = transactional;
        this.admin = admin;
    }

    @Override
    public void filler(long count) {
        for (long i = 0; i < count; i++) {
            send(plain, filler());
        }
    }

    @Override
    public void plain(StoredRecord record) {
        send(plain, record(record));
    }

    @Override
    public void committed(StoredRecord record) throws Exception {
        flush();
        transactional.beginTransaction();
        send(transactional, record(record));
        transactional.commitTransaction();
        awaitMarker();
    }

    @Override
    public void aborted(long records) throws Exception {
        flush();
        transactional.beginTransaction();
        for (long i = 0; i < records; i++) {
            send(transactional, filler());
        }
        transactional.flush();
        transactional.abortTransaction();
        awaitMarker();
    }

    /** Everything sent is on the broker afterwards. */
    void flush() {
        plain.flush();
        check();
    }

    private ProducerRecord<byte[], byte[]> filler() {
        return new ProducerRecord<>(partition.topic(), partition.partition(), FILLER, FILLER);
    }

    private ProducerRecord<byte[], byte[]> record(StoredRecord stored) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                partition.topic(),
                partition.partition(),
                stored.timestampMs() < 0 ? null : stored.timestampMs(),
                stored.key(),
                stored.value());
        for (var header : stored.headers()) {
            record.headers().add(header);
        }
        return record;
    }

    private void send(Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
        check();
        long due = next++;
        // What comes of it is told to the callback.
        var _ = producer.send(record, (metadata, error) -> noteWrong(due, metadata, error));
    }

    private void noteWrong(long due, RecordMetadata metadata, @Nullable Exception error) {
        if (error != null) {
            wrong.compareAndSet(null, "the broker does not take offset " + due + " of " + partition + ": " + error);
        } else if (metadata.offset() != due) {
            wrong.compareAndSet(
                    null,
                    partition + " has somebody else's records too: offset " + due + " became " + metadata.offset());
        }
    }

    private void check() {
        String what = wrong.get();
        if (what != null) {
            throw new SettingException(what);
        }
    }

    /** Nothing else may be sent before the marker stands. */
    private void awaitMarker() throws InterruptedException {
        check();
        next++;
        long since = System.nanoTime();
        while (true) {
            long decided = decided();
            if (decided == next) {
                return;
            }
            if (decided > next) {
                throw new SettingException(
                        partition + " has somebody else's records too: it ends at " + decided + ", due is " + next);
            }
            if (System.nanoTime() - since > RunClients.LIMIT.toNanos()) {
                throw new SettingException("the broker does not end a transaction on " + partition + " within "
                        + RunClients.LIMIT.toSeconds() + " s");
            }
            Thread.sleep(MARKER_WAIT);
        }
    }

    private long decided() throws InterruptedException {
        try {
            return admin.listOffsets(
                            Map.of(partition, OffsetSpec.latest()),
                            new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                    .partitionResult(partition)
                    .get(RunClients.LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                    .offset();
        } catch (ExecutionException | TimeoutException e) {
            throw new SettingException("cannot list offsets of " + partition + ": " + e);
        }
    }
}
