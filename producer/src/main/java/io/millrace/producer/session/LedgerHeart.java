package io.millrace.producer.session;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.producer.ledger.Liveness;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Writes the ledger's heartbeat to {@code workers} every period, one under way at a time, and takes off it who is gone.
 * With a client of its own, without transactions: in the publisher's transactions each heartbeat would leave a control
 * record that compaction keeps for long, hold back the readers of the topic while a batch is open, and wait behind a slow commit. One owner.
 */
public final class LedgerHeart implements AutoCloseable {
    private final Producer<byte[], byte[]> producer;
    private final String topic;
    private final WallClock clock;
    private final Ticker ticker;
    private final long periodNanos;
    private @Nullable Future<RecordMetadata> underWay;
    private long sequence;
    private WorkersRecord.@Nullable Wanted wanted;
    private long nextNanos;

    public LedgerHeart(
            Producer<byte[], byte[]> producer, String topic, WallClock clock, Ticker ticker, Duration period) {
        this.producer = producer;
        this.topic = topic;
        this.clock = clock;
        this.ticker = ticker;
        this.periodNanos = period.toNanos();
        this.nextNanos = ticker.nanos();
    }

    /** Says who takes the run, and returns when that stands on the topic. */
    void claim(Tenure own, Duration limit) throws InterruptedException {
        try {
            send(own).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new TimeoutException("no heartbeat could be written to " + topic, e);
        }
    }

    /** What the next ones say of the workers that the run could use. */
    void says(WorkersRecord.Wanted newest) {
        wanted = newest;
    }

    /** The next one is due now: after a gap the ledger waits for it. */
    void soon() {
        nextNanos = ticker.nanos();
    }

    /** Sends one when it is time and the last has been answered; a lost one is made good by the next. */
    void turn(Tenure own, Liveness liveness) {
        Future<RecordMetadata> last = underWay;
        if (ticker.nanos() - nextNanos < 0 || (last != null && !last.isDone())) {
            return;
        }
        nextNanos = ticker.nanos() + periodNanos;
        liveness.sent(sequence + 1, ticker.millis());
        underWay = send(own);
    }

    /**
     * A worker that has been silent for long has no status any more: without this the topic, and every reader's start,
     * would grow with each worker that ever was. A worker that does come back writes its next status.
     */
    void forget(WorkerIncarnation worker) {
        // One that is lost leaves one record on the topic; nothing rests on it.
        var _ = producer.send(new ProducerRecord<>(topic, 0, KafkaClients.key(worker.key()), null));
    }

    private Future<RecordMetadata> send(Tenure own) {
        sequence++;
        byte[] value = ControlCodec.encode(
                new WorkersRecord.LedgerHeartbeat(own.toString(), sequence, clock.millis(), wanted));
        return producer.send(new ProducerRecord<>(topic, 0, KafkaClients.key(WorkersRecord.LEDGER_KEY), value));
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
