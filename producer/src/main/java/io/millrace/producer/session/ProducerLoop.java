package io.millrace.producer.session;

import io.millrace.common.config.SettingException;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.status.ProducerStatus;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the run through any trouble with the broker: one session after another, each from the topics alone. Whatever a
 * Kafka client throws leaves open what became of its call, a fencing too, since the broker speaks the same of a
 * transaction that it gave up itself; the next session's first reads tell. Only what no retry can mend ends the process:
 * a newer producer, a refusal by right or version, a data set that does not fit the run, a record above the broker's
 * limit, a bug. One thread turns.
 */
public final class ProducerLoop implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(ProducerLoop.class);

    /** Of the process's health: running once the run is taken over. */
    public static final String PART = "producer";

    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);
    private static final Duration BETWEEN_WARNINGS = Duration.ofSeconds(10);

    /** Healthy calls answer in less; one that does not is broken off, since its outcome is read at the next start. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(3);

    private final Supplier<ProducerSession> sessions;
    private final Health health;
    private final ProducerMetrics metrics;
    private final AtomicReference<@Nullable ProducerStatus> status;
    private final WallClock clock;
    private final Ticker ticker;
    private final CompletableFuture<Void> taken = new CompletableFuture<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile @Nullable ProducerSession session;
    private volatile @Nullable Thread owner;
    private @Nullable Long warnedNanos;
    private long awaySinceMs;

    /**
     * @param sessions makes a session that has not taken the run over
     * @param status the newest
     */
    public ProducerLoop(
            Supplier<ProducerSession> sessions,
            Health health,
            ProducerMetrics metrics,
            AtomicReference<@Nullable ProducerStatus> status,
            WallClock clock,
            Ticker ticker) {
        this.sessions = sessions;
        this.health = health;
        this.metrics = metrics;
        this.status = status;
        this.clock = clock;
        this.ticker = ticker;
    }

    /** Done when the run is taken over for the first time, or cannot be. */
    public CompletableFuture<Void> taken() {
        return taken;
    }

    /** One turn of the session; where there is none, takes the run over, or waits for a while to try again. */
    @Override
    public void runOnce() throws Exception {
        owner = Thread.currentThread();
        try {
            ProducerSession present = session;
            if (present == null) {
                begin();
            } else {
                present.turn();
            }
        } catch (WakeupException | InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            if (forGood(e)) {
                taken.completeExceptionally(e);
                throw e;
            }
            drop(e);
        } catch (SettingException e) {
            if (e.getCause() == null) {
                taken.completeExceptionally(e);
                throw e;
            }
            drop(new KafkaException(e.getMessage(), e));
        } catch (Exception | Error e) {
            taken.completeExceptionally(e);
            throw e;
        }
    }

    private void begin() throws Exception {
        ProducerSession made = sessions.get();
        session = made;
        made.takeOver();
        health.running(PART);
        if (taken.complete(null)) {
            return;
        }
        metrics.rebuilt();
        log.info("the broker answers again, {} ms after it left something open", clock.millis() - awaySinceMs);
        awaySinceMs = 0;
        warnedNanos = null;
    }

    private void drop(KafkaException cause) throws InterruptedException {
        metrics.commitUnanswered();
        if (TruncatedLogException.isCauseOf(cause)) {
            metrics.truncated();
        }
        if (awaySinceMs == 0) {
            awaySinceMs = clock.millis();
        }
        String reason = "the broker: " + cause;
        Long warned = warnedNanos;
        if (warned == null || ticker.nanos() - warned >= BETWEEN_WARNINGS.toNanos()) {
            warnedNanos = ticker.nanos();
            log.warn("waits for {}; reads from the topics what became of it, until they answer", reason);
            log.debug("what it was", cause);
        }
        health.blocked(ProducerSession.BROKER, reason);
        ProducerStatus newest = status.get();
        if (newest != null) {
            status.set(newest.waiting(reason, awaySinceMs));
        }
        closeSession();
        if (stopping.await(BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new InterruptedException("stopped while waiting for the broker");
        }
    }

    private static boolean forGood(KafkaException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthorizationException
                    || cause instanceof AuthenticationException
                    || cause instanceof UnsupportedVersionException
                    || cause instanceof RecordTooLargeException
                    || cause instanceof ConfigException) {
                return true;
            }
        }
        return false;
    }

    private void closeSession() {
        ProducerSession present = session;
        session = null;
        if (present == null) {
            return;
        }
        try {
            present.close();
        } catch (KafkaException e) {
            log.debug("clients closed in a hurry", e);
        }
    }

    /** Ends a wait for records at once, and a call to a broker that does not answer after a while. */
    @Override
    public void wakeup() {
        stopping.countDown();
        ProducerSession present = session;
        if (present != null) {
            present.wakeup();
        }
        Thread turning = owner;
        if (turning != null) {
            Thread.ofVirtual().start(() -> {
                try {
                    if (!turning.join(STOP_PATIENCE)) {
                        turning.interrupt();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    @Override
    public void close() {
        closeSession();
    }
}
