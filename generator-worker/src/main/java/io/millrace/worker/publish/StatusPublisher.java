package io.millrace.worker.publish;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.WorkersRecord.Status;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the worker's status every interval, and at once when nudged. Its loop's thread is the only one that numbers
 * statuses; the producer is shared and thread-safe.
 */
public final class StatusPublisher implements OwnerLoop.Turn {
    /** Statuses are the only records that go out all the time, so they tell how the broker is. */
    public static final String PART = "broker";

    private static final String AWAY = "the broker, which has not taken the last status";

    private static final Logger log = LoggerFactory.getLogger(StatusPublisher.class);

    private final Producer<byte[], byte[]> producer;
    private final RunTopics topics;
    private final Duration interval;
    private final Health health;
    private final StatusWatch watch;
    private final Counter refused;
    private final LongFunction<Status> status;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition nudged = lock.newCondition();
    private boolean nudge;
    /** Said once; changed by the client's one thread. */
    private volatile boolean refusing;

    private long sequence;
    private @Nullable Future<RecordMetadata> underWay;

    /**
     * @param producer of its own, so that a status does not wait behind large results: one that comes late makes the
     *     ledger take this worker's groups for lost; closed with this
     * @param watch is told of every status that was taken
     * @param status makes the status of a given sequence number; called on the loop's thread
     */
    public StatusPublisher(
            Producer<byte[], byte[]> producer,
            RunTopics topics,
            Duration interval,
            Health health,
            StatusWatch watch,
            MeterRegistry registry,
            LongFunction<Status> status) {
        this.producer = producer;
        this.topics = topics;
        this.interval = interval;
        this.health = health;
        this.watch = watch;
        this.refused = WorkerMetric.STATUSES_REFUSED.counter(registry);
        this.status = status;
    }

    /** Publishes, then waits for the interval or a nudge. */
    @Override
    public void runOnce() throws InterruptedException {
        publish();
        lock.lock();
        try {
            long leftNanos = interval.toNanos();
            while (!nudge && leftNanos > 0) {
                leftNanos = nudged.awaitNanos(leftNanos);
            }
            nudge = false;
        } finally {
            lock.unlock();
        }
    }

    /** One is under way at a time: while the broker is away they do not pile up, and the next says more anyway. */
    private void publish() {
        Future<RecordMetadata> last = underWay;
        if (last != null && !last.isDone()) {
            health.blocked(PART, AWAY);
            return;
        }
        Status now = status.apply(sequence++);
        underWay = producer.send(
                new ProducerRecord<>(
                        topics.workers(), KafkaClients.key(now.worker().key()), ControlCodec.encode(now)),
                (metadata, e) -> {
                    if (e != null) {
                        // The next status says more; a worker that cannot publish at all fails at its results.
                        refused.increment();
                        if (!refusing) {
                            refusing = true;
                            log.warn("status {} was not taken: {}", now.sequence(), e.toString());
                        }
                        health.blocked(PART, AWAY);
                    } else {
                        if (refusing) {
                            refusing = false;
                            log.info("statuses are taken again, from {} on", now.sequence());
                        }
                        health.running(PART);
                        watch.taken();
                    }
                });
    }

    /** Publishes now: the state changed. */
    @Override
    public void wakeup() {
        lock.lock();
        try {
            nudge = true;
            nudged.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The last status: it tells that this incarnation has stopped. Without a broker there is none, and the watch knows of
     * it afterwards.
     */
    @Override
    public void close() throws InterruptedException {
        awaitTaken();
        if (watch.isAwaited()) {
            publish();
        }
        producer.close(watch.patience(StatusWatch.CLOSE_LIMIT));
        awaitTaken();
    }

    private void awaitTaken() throws InterruptedException {
        Future<RecordMetadata> last = underWay;
        if (last == null) {
            return;
        }
        try {
            last.get(watch.patience(StatusWatch.CLOSE_LIMIT).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("a status at the end was not taken: {}", e.toString());
            watch.waitedInVain();
        }
    }
}
