package io.millrace.producer.status;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes the wait for admission visible: what for, since when, and how long it was. One owner. */
public final class AdmissionWait {
    public static final String PART = "admission";

    private final Health health;
    private final ProducerMetrics metrics;
    private final WallClock clock;
    private final Ticker ticker;
    private @Nullable String whatFor;
    private long sinceMs;
    private long sinceNanos;

    public AdmissionWait(Health health, ProducerMetrics metrics, WallClock clock, Ticker ticker) {
        this.health = health;
        this.metrics = metrics;
        this.clock = clock;
        this.ticker = ticker;
    }

    /** Waits, or goes on waiting; the time counts from the beginning, also when the reason's figures change. */
    public void waiting(String reason) {
        if (whatFor == null) {
            sinceMs = clock.millis();
            sinceNanos = ticker.nanos();
        }
        whatFor = reason;
        health.waiting(PART, reason);
    }

    public void over() {
        if (whatFor != null) {
            metrics.admissionWaited(Duration.ofNanos(ticker.nanos() - sinceNanos));
            whatFor = null;
            sinceMs = 0;
        }
        health.running(PART);
    }

    @Nullable
    public String whatFor() {
        return whatFor;
    }

    public long sinceMs() {
        return sinceMs;
    }
}
