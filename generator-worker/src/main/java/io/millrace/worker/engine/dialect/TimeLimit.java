package io.millrace.worker.engine.dialect;

import io.millrace.common.time.Ticker;
import java.time.Duration;

/** The end of a call that may take more than one exchange. Immutable. */
public record TimeLimit(Ticker ticker, long endNanos) {
    /** What is left for the next exchange; negative once it is over. */
    public Duration left() {
        return Duration.ofNanos(endNanos - ticker.nanos());
    }
}
