package io.millrace.worker.publish;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.time.Ticker;
import java.time.Duration;

/** Records handed to the client and not answered: since when none of them gets on. Thread-safe. */
final class OutstandingSends {
    /** Of the health report. */
    static final String PART = "publication";

    /** A healthy broker takes a record in less; what takes longer is worth showing. */
    static final Duration STUCK = Duration.ofSeconds(5);

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

    /** Tells the health report whether they get away. */
    void report(Health health) {
        if (stuckFor().compareTo(STUCK) > 0) {
            health.blocked(PART, "the broker, which takes no results");
        } else {
            health.running(PART);
        }
    }
}
