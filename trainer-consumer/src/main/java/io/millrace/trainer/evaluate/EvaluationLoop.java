package io.millrace.trainer.evaluate;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.trainer.journal.Failures;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a session of evaluations, and makes a new one from the topics when the broker has left something open. Training
 * does not wait for it. One thread turns.
 */
final class EvaluationLoop implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(EvaluationLoop.class);

    /** Of its thread and of its part of the health report. */
    static final String NAME = "evaluations";

    private static final Duration LOOK = Duration.ofMillis(100);

    private static final Duration REOPEN_WAIT = Duration.ofSeconds(1);

    private final Supplier<EvaluationSession> sessions;
    private final Health health;
    private final CompletableFuture<Void> opened;
    private final EverySoOften warnings = new EverySoOften(Duration.ofSeconds(10), Ticker.system());
    private final CountDownLatch stopping = new CountDownLatch(1);
    /** Also woken by other threads. */
    private volatile @Nullable EvaluationSession session;

    /**
     * @param sessions makes one that has read nothing yet
     * @param opened done when the run's topics are there
     */
    EvaluationLoop(Supplier<EvaluationSession> sessions, Health health, CompletableFuture<Void> opened) {
        this.sessions = sessions;
        this.health = health;
        this.opened = opened;
        health.starting(NAME);
    }

    @Override
    public void runOnce() throws Exception {
        if (!opened.isDone() || opened.isCompletedExceptionally()) {
            // A reader would make the topics with the broker's own settings.
            var _ = stopping.await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            return;
        }
        try {
            EvaluationSession present = session;
            if (present == null) {
                present = sessions.get();
                session = present;
                present.open();
            }
            present.turn();
            health.running(NAME);
            var _ = warnings.reset();
        } catch (Exception e) {
            if (stopping.getCount() == 0 || !Failures.isPassing(e)) {
                throw e;
            }
            if (warnings.isDue()) {
                log.warn("evaluations: {}; their topics are read again as soon as a broker answers", e.toString());
            }
            health.blocked(NAME, "the broker to answer");
            closeSession();
            var _ = stopping.await(REOPEN_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void wakeup() {
        stopping.countDown();
        EvaluationSession present = session;
        if (present != null) {
            present.wakeup();
        }
    }

    private void closeSession() {
        EvaluationSession present = session;
        session = null;
        if (present != null) {
            present.close();
        }
    }

    @Override
    public void close() {
        closeSession();
    }
}
