package io.millrace.common.time;

import java.time.Duration;

/** Whether it is time to say the same thing again, at once first. One owner. */
public final class EverySoOften {
    private final long periodNanos;
    private final Ticker ticker;
    private boolean said;
    private long saidNanos;

    public EverySoOften(Duration period, Ticker ticker) {
        this.periodNanos = period.toNanos();
        this.ticker = ticker;
    }

    /** True at the first call and then at most once a period. */
    public boolean isDue() {
        if (said && ticker.nanos() - saidNanos < periodNanos) {
            return false;
        }
        said = true;
        saidNanos = ticker.nanos();
        return true;
    }

    /** It is over: the next call is a first one. Returns whether anything was said since the last one. */
    public boolean reset() {
        boolean before = said;
        said = false;
        return before;
    }
}
