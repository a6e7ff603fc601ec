package io.millrace.producer.session;

import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.time.WallClock;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.status.ProducerStatus;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds the run through any trouble with the broker: one session after another, each from the topics alone. */
public final class ProducerWork implements SessionLoop.Work<ProducerSession> {
    private static final Logger log = LoggerFactory.getLogger(ProducerWork.class);

    /** Of the process's health: running once the run is taken over. */
    public static final String PART = "producer";

    private final Supplier<ProducerSession> sessions;
    private final Health health;
    private final ProducerMetrics metrics;
    private final AtomicReference<@Nullable ProducerStatus> status;
    private final WallClock clock;
    private final @Nullable Standby standby;
    private final CompletableFuture<Void> taken = new CompletableFuture<>();
    private long awaySinceMs;

    /**
     * @param sessions makes a session that has not taken the run over
     * @param status the newest
     * @param standby where a producer that was fenced goes on beside the other; without one it ends
     */
    public ProducerWork(
            Supplier<ProducerSession> sessions,
            Health health,
            ProducerMetrics metrics,
            AtomicReference<@Nullable ProducerStatus> status,
            WallClock clock,
            @Nullable Standby standby) {
        this.sessions = sessions;
        this.health = health;
        this.metrics = metrics;
        this.status = status;
        this.clock = clock;
        this.standby = standby;
    }

    /** Done when the run is taken over for the first time, or cannot be, which whoever ends the loop says. */
    public CompletableFuture<Void> taken() {
        return taken;
    }

    @Override
    public @Nullable ProducerSession make() throws Exception {
        return standby == null || standby.isOver() ? sessions.get() : null;
    }

    @Override
    public boolean standsBy(FencedException fenced) {
        if (standby == null) {
            return false;
        }
        standby.begin(fenced);
        awaySinceMs = clock.millis();
        ProducerStatus newest = status.get();
        if (newest != null) {
            status.set(
                    newest.waiting("producer " + fenced.newer() + " has the run; this one stands by", clock.millis()));
        }
        return true;
    }

    @Override
    public void ended() {
        if (standby != null) {
            standby.close();
        }
    }

    @Override
    public void opened(ProducerSession session) {
        health.running(PART);
        if (!taken.complete(null)) {
            metrics.count(ProducerMetrics.Count.REBUILT, 1);
            log.info("the run is taken over anew, {} ms after it was lost", clock.millis() - awaySinceMs);
        }
        awaySinceMs = 0;
    }

    @Override
    public void turn(ProducerSession session) throws Exception {
        session.turn();
    }

    @Override
    public void lost(Exception cause) {
        metrics.count(ProducerMetrics.Count.UNANSWERED, 1);
        if (TruncatedLogException.isCauseOf(cause)) {
            metrics.count(ProducerMetrics.Count.TRUNCATED, 1);
        }
        if (awaySinceMs == 0) {
            awaySinceMs = clock.millis();
        }
        String reason = "the broker: " + cause;
        health.blocked(ProducerSession.BROKER, reason);
        ProducerStatus newest = status.get();
        if (newest != null) {
            status.set(newest.waiting(reason, awaySinceMs));
        }
    }
}
