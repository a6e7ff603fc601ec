package io.millrace.worker.publish;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends records, each until the broker has it or its time is over by the monotonic clock. Kafka's producer waits by the wall
 * clock: one that is set ahead by more than the limit ends every wait under way, for a topic's metadata and of records
 * handed over, though no time has passed. Such a send is repeated.
 *
 * <p>A repeated record may stand twice. One that failed at metadata or for want of memory was never appended, so it stands once.
 * One whose batch timed out may have reached the broker, and only the answer did not come: the producer's idempotence
 * covers its own retries, not a second send. Here that does no harm. What is named in a receipt is where the last one
 * stands, and the receipt is sent after it; readers take the first result of a group and the first of each part and drop
 * the others, as they do when two workers finish one group; a receipt that comes twice says of the same attempt what is
 * known. Order between records matters nowhere: a receipt waits for its result. So this is for records without
 * transactions, whose repetition their readers bear. A batch in a transaction must not be repeated like that: the
 * transaction fails as a whole and whoever owns it reads the topics again.
 *
 * <p>The last try begins within the limit, so a record is given up after twice the limit at most. Thread-safe, as a
 * producer is.
 */
final class PatientSends {
    private static final Logger log = LoggerFactory.getLogger(PatientSends.class);

    private final Producer<byte[], byte[]> producer;
    private final long limitNanos;
    private final Ticker ticker;
    private final Executor repeats;
    private final OutstandingSends outstanding;

    /**
     * @param producer without transactions, that waits for metadata and for the broker as long as the limit; not owned
     * @param limit the same
     * @param repeats never runs on the client's own thread, where a send that waits would wait for itself
     */
    PatientSends(Producer<byte[], byte[]> producer, Duration limit, Ticker ticker, Executor repeats) {
        this.producer = producer;
        // Two clocks that both go right differ by less.
        this.limitNanos = limit.toNanos() / 10 * 9;
        this.ticker = ticker;
        this.repeats = repeats;
        this.outstanding = new OutstandingSends(ticker);
    }

    /** Done when the broker has it, exceptionally with what the client has against it. */
    CompletableFuture<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
        CompletableFuture<RecordMetadata> sent = new CompletableFuture<>();
        outstanding.sent();
        attempt(record, ticker.nanos(), sent);
        return sent;
    }

    private void attempt(
            ProducerRecord<byte[], byte[]> record, long beginNanos, CompletableFuture<RecordMetadata> sent) {
        try {
            var _ = producer.send(record, (metadata, e) -> {
                if (e == null) {
                    outstanding.answered();
                    sent.complete(metadata);
                } else {
                    failed(record, beginNanos, sent, e);
                }
            });
        } catch (RuntimeException e) {
            giveUp(record, sent, e);
        }
    }

    private void failed(
            ProducerRecord<byte[], byte[]> record,
            long beginNanos,
            CompletableFuture<RecordMetadata> sent,
            Exception e) {
        long passedNanos = ticker.nanos() - beginNanos;
        if (!(e instanceof TimeoutException) || passedNanos >= limitNanos) {
            giveUp(record, sent, e);
            return;
        }
        log.warn(
                "a record for {} timed out by the wall clock after {} ms, and is sent again: {}",
                record.topic(),
                passedNanos / 1_000_000,
                e.toString());
        try {
            repeats.execute(() -> attempt(record, beginNanos, sent));
        } catch (RejectedExecutionException stopped) {
            e.addSuppressed(stopped);
            giveUp(record, sent, e);
        }
    }

    private void giveUp(
            ProducerRecord<byte[], byte[]> record, CompletableFuture<RecordMetadata> sent, Exception cause) {
        outstanding.answered();
        log.error("a record for {} was not taken: {}", record.topic(), cause.toString());
        sent.completeExceptionally(cause);
    }

    /** Tells the health report whether records get away. */
    void report(Health health) {
        outstanding.report(health);
    }

    /** How long records have waited for the broker without any being taken; zero while none wait. */
    Duration stuckFor() {
        return outstanding.stuckFor();
    }
}
