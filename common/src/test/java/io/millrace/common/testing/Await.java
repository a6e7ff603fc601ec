package io.millrace.common.testing;

import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Waits for something outside this JVM's control, such as a broker or another process. For integration tests only: unit
 * tests wait on latches.
 */
public final class Await {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    private Await() {}

    /** Same as {@link #until(String, Callable, Duration)} for a condition that needs no name. */
    public static void until(Callable<Boolean> condition, Duration limit) throws Exception {
        until("the condition", condition, limit);
    }

    /**
     * Returns once the condition holds; looks at least once.
     *
     * @param what in words, for the message
     * @throws AssertionError when it does not hold within the limit
     */
    public static void until(String what, Callable<Boolean> condition, Duration limit) throws Exception {
        long beginNanos = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - beginNanos >= limit.toNanos()) {
                throw new AssertionError(what + " did not hold within " + limit);
            }
            // What is awaited is in another thread or process, which tells nobody.
            Thread.sleep(BETWEEN_LOOKS);
        }
    }
}
