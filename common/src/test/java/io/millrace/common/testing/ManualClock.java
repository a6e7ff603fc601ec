package io.millrace.common.testing;

import io.millrace.common.time.WallClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Wall time that moves only when told to; back too, as real wall time does. Thread-safe. */
public final class ManualClock implements WallClock {
    private final AtomicLong millis;

    /** Begins at an arbitrary moment. */
    public ManualClock() {
        this(1_700_000_000_000L);
    }

    /** @param startMs milliseconds since 1970, UTC */
    public ManualClock(long startMs) {
        this.millis = new AtomicLong(startMs);
    }

    @Override
    public long millis() {
        return millis.get();
    }

    /** @param by negative to go back */
    public void advance(Duration by) {
        millis.addAndGet(by.toMillis());
    }
}
