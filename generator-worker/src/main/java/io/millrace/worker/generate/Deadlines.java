package io.millrace.worker.generate;

import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.time.Ticker;
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
final class Deadlines implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Deadlines.class);

    private final Ticker ticker;
    private final Fatal fatal;
    private final Map<GroupRun, ScheduledFuture<?>> watched = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("worker-deadlines").daemon().factory());

    Deadlines(Ticker ticker, Fatal fatal) {
        this.ticker = ticker;
        this.fatal = fatal;
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Watches an attempt whose task has a time limit; one without is let be. */
    void watch(GroupRun group, Runnable expired) {
        long deadlineNanos = group.deadlineNanos();
        if (deadlineNanos == Long.MAX_VALUE) {
            return;
        }
        try {
            // Atomic with a forget that comes at once: a time that is over already ends the attempt on the timer.
            watched.compute(
                    group,
                    (run, none) -> timer.schedule(
                            () -> guarded(run, expired), deadlineNanos - ticker.nanos(), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException e) {
            // Only after close: the process is ending, the ledger gives the group to somebody else.
            log.debug("group {} not watched: closed", group.task().groupIndex());
        }
    }

    private void guarded(GroupRun group, Runnable expired) {
        try {
            expired.run();
        } catch (RuntimeException | Error e) {
            fatal.report("deadline of group " + group.task().groupIndex(), e);
        }
    }

    void forget(GroupRun group) {
        ScheduledFuture<?> timed = watched.remove(group);
        if (timed != null) {
            timed.cancel(false);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
