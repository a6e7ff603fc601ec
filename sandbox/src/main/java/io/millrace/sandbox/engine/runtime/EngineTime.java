package io.millrace.sandbox.engine.runtime;

import io.millrace.common.time.Ticker;
import java.util.concurrent.locks.LockSupport;

/** The engine's monotonic time and the way its requests wait in it; tests turn it by hand. */
public interface EngineTime extends Ticker {
    /** Deadline of a wait that only an unpark ends. */
    long NEVER = Long.MAX_VALUE;

    /**
     * Parks the current thread until about this moment of {@link #nanos()} or until it is unparked; may return early, so
     * the caller loops.
     */
    void park(Object blocker, long deadlineNanos);

    /** The JVM's; costs no CPU while waiting. */
    static EngineTime system() {
        return new EngineTime() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void park(Object blocker, long deadlineNanos) {
                if (deadlineNanos == NEVER) {
                    LockSupport.park(blocker);
                } else {
                    LockSupport.parkNanos(blocker, deadlineNanos - nanos());
                }
            }
        };
    }
}
