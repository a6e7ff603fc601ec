package io.millrace.worker.publish;

import io.millrace.common.time.Ticker;
import java.time.Duration;

/** Records handed to the client and not answered: since when none of them gets on. Thread-safe. */
final class OutstandingSends {
    private final Ticker ticker;
    private long count;
    private long progressNanos;

    OutstandingSends(Ticker ticker) {
        this.ticker = ticker;
    }

    synchronized void sent() {
        if (count++ == 0) {
            progressNanos = ticker.nanos();
        }
    }

    /** The broker took one, or it was given up. */
    synchronized void answered() {
        count--;
        progressNanos = ticker.nanos();
    }

    /** How long none was answered while some waited; zero while none wait. */
    synchronized Duration stuckFor() {
        return count == 0 ? Duration.ZERO : Duration.ofNanos(ticker.nanos() - progressNanos);
    }
}
