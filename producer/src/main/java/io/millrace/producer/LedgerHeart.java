package io.millrace.producer;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Writes the ledger's heartbeat to {@code workers} every period, one under way at a time. With a client of its own,
 * without transactions: in the publisher's transactions each heartbeat would leave a control record that compaction
 * keeps for long, hold back the readers of the topic while a batch is open, and wait behind a slow commit. One owner.
 */
final class LedgerHeart implements AutoCloseable {
    private final Producer<byte[], byte[]> producer;
    private final String topic;
    private final WallClock clock;
    private final Ticker ticker;
    private final long periodNanos;
    private final String incarnation = UUID.randomUUID().toString().substring(0, 8);
    private @Nullable Future<RecordMetadata> underWay;
    private long sequence;
    private long nextNanos;

    LedgerHeart(Producer<byte[], byte[]> producer, String topic, WallClock clock, Ticker ticker, Duration period) {
        this.producer = producer;
        this.topic = topic;
        this.clock = clock;
        this.ticker = ticker;
        this.periodNanos = period.toNanos();
        this.nextNanos = ticker.nanos();
    }

    /** Sends one when it is time and the last has been answered; a lost one is made good by the next. */
    void turn() {
        Future<RecordMetadata> last = underWay;
        if (ticker.nanos() - nextNanos < 0 || (last != null && !last.isDone())) {
            return;
        }
        nextNanos = ticker.nanos() + periodNanos;
        sequence++;
        byte[] value = ControlCodec.encode(new WorkersRecord.LedgerHeartbeat(incarnation, sequence, clock.millis()));
        underWay = producer.send(new ProducerRecord<>(topic, 0, KafkaClients.key(WorkersRecord.LEDGER_KEY), value));
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
