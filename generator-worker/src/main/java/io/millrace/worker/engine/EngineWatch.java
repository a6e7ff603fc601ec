package io.millrace.worker.engine;

import io.millrace.common.lifecycle.OwnerLoop;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Asks the engines again and again which weights they serve. Owned by its loop's thread. */
public final class EngineWatch implements OwnerLoop.Turn {
    private final EnginePool engines;
    private final Duration interval;
    private final Semaphore nudged = new Semaphore(0);

    /** @param interval between the answers and the next question */
    public EngineWatch(EnginePool engines, Duration interval) {
        this.engines = engines;
        this.interval = interval;
    }

    @Override
    public void runOnce() throws InterruptedException {
        engines.askVersions();
        if (nudged.tryAcquire(interval.toNanos(), TimeUnit.NANOSECONDS)) {
            nudged.drainPermits();
        }
    }

    @Override
    public void wakeup() {
        nudged.release();
    }

    @Override
    public void close() {
        // The engines belong to others.
    }
}
