package io.millrace.common.time;

/** Monotonic time for waits and durations; its origin means nothing. Never mixed with wall time. */
@FunctionalInterface
public interface Ticker {
    /** Nanoseconds since a fixed but arbitrary moment. */
    long nanos();

    /** The same in whole milliseconds. */
    default long millis() {
        return nanos() / 1_000_000;
    }

    /** The JVM's. */
    static Ticker system() {
        return System::nanoTime;
    }
}
