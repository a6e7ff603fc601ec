package io.millrace.sandbox.engine.runtime;

import io.millrace.common.time.Ticker;

/**
 * The time in which tokens are made: that of the engine, without the times for which all generation was held. Not
 * thread-safe; {@link Scheduler} owns it.
 */
final class WorkTime implements Ticker {
    private final Ticker ticker;
    private boolean held;
    private long heldSinceNanos;
    private long heldNanos;

    WorkTime(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public long nanos() {
        return (held ? heldSinceNanos : ticker.nanos()) - heldNanos;
    }

    boolean held() {
        return held;
    }

    /** Stands still until it goes on. */
    void hold() {
        if (!held) {
            heldSinceNanos = ticker.nanos();
            held = true;
        }
    }

    void goOn() {
        if (held) {
            heldNanos += ticker.nanos() - heldSinceNanos;
            held = false;
        }
    }
}
