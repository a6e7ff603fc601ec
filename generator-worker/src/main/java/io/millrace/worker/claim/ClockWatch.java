package io.millrace.worker.claim;

import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Tells when the wall clock was set, either way: it is compared with the monotonic one between two looks.
 *
 * <p>On a thread of its own, since Kafka's consumers hang by what is to be noticed: the time of a poll is a deadline of the
 * wall clock, so one that is under way when the clock steps back an hour returns in an hour, if no record ends it. A share
 * consumer fetches no more within a poll that has got a transaction's marker and nothing else, so no record does.
 */
public final class ClockWatch implements OwnerLoop.Turn {
    /** A clock that is set right by slewing moves less between two looks; Kafka's own limits bear it. */
    static final Duration STEP_MAX = Duration.ofSeconds(5);

    private static final Duration PERIOD = Duration.ofMillis(500);

    private final WallClock clock;
    private final Ticker ticker;
    private final List<Runnable> listeners;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private long lookNanos;
    private long lookWallMs;

    /** @param listeners called on the loop's thread after each step */
    public ClockWatch(WallClock clock, Ticker ticker, List<Runnable> listeners) {
        this.clock = clock;
        this.ticker = ticker;
        this.listeners = List.copyOf(listeners);
        this.lookNanos = ticker.nanos();
        this.lookWallMs = clock.millis();
    }

    /** Looks, then waits for the period. */
    @Override
    public void runOnce() throws InterruptedException {
        look();
        var _ = stopped.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void look() {
        long nowNanos = ticker.nanos();
        long wallMs = clock.millis();
        boolean stepped = Math.abs((wallMs - lookWallMs) - (nowNanos - lookNanos) / 1_000_000) > STEP_MAX.toMillis();
        lookNanos = nowNanos;
        lookWallMs = wallMs;
        if (stepped) {
            listeners.forEach(Runnable::run);
        }
    }

    @Override
    public void wakeup() {
        stopped.countDown();
    }

    @Override
    public void close() {}
}
