package io.millrace.common.time;

/** Wall time for records; may jump, so never used for waits. */
@FunctionalInterface
public interface WallClock {
    /** Milliseconds since 1970, UTC. */
    long millis();

    /** The machine's. */
    static WallClock system() {
        return System::currentTimeMillis;
    }
}
