package io.millrace.common.testing;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Monotonic time that moves only when told to. Thread-safe. */
public final class ManualTicker implements Ticker {
    /** Not 0, so that a forgotten start value shows. */
    private final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);

    @Override
    public long nanos() {
        return nanos.get();
    }

    /** @throws IllegalArgumentException when it would go back */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("monotonic time does not go back, was told to by " + by);
        }
        nanos.addAndGet(by.toNanos());
    }
}
