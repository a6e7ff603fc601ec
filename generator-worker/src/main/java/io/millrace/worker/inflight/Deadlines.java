package io.millrace.worker.inflight;

import io.millrace.common.time.Ticker;
import io.millrace.worker.attempt.AttemptState;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls back when an attempt's time is over, on a thread of its own. Thread-safe; an attempt is watched from
 * {@link #watch} to {@link #forget}.
 */
public final class Deadlines implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Deadlines.class);

    private final Ticker ticker;
    private final Map<HeldAttempt, ScheduledFuture<?>> watched = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("worker-deadlines").daemon().factory());

    public Deadlines(Ticker ticker) {
        this.ticker = ticker;
        timer.setRemoveOnCancelPolicy(true);
    }

    /**
     * Watches an attempt whose task has a time limit; one without is let be.
     *
     * @param expired must return at once: all deadlines share the thread
     */
    public void watch(HeldAttempt attempt, Runnable expired) {
        long deadlineNanos = attempt.get(AttemptState::deadlineNanos);
        if (deadlineNanos == Long.MAX_VALUE) {
            return;
        }
        try {
            // Atomic with a forget that comes at once: a time that is over already ends the attempt on the timer.
            watched.compute(
                    attempt,
                    (held, none) -> timer.schedule(expired, deadlineNanos - ticker.nanos(), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException e) {
            // Only after close: the process is ending, the ledger gives the group to somebody else.
            log.debug("group {} not watched: closed", attempt.task().groupIndex());
        }
    }

    public void forget(HeldAttempt attempt) {
        ScheduledFuture<?> timed = watched.remove(attempt);
        if (timed != null) {
            timed.cancel(false);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
