package io.millrace.common.lifecycle;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must be stopped, in reverse order of start, within one limit over all. Each stage gets the time that is left; a
 * stage that fails does not keep the next from stopping, and its failure is kept. Owned by the starting thread until
 * {@link #stop}, which may be called once by any thread.
 */
public final class StopSequence {
    private static final Logger log = LoggerFactory.getLogger(StopSequence.class);

    /** A stage's stop; must return by the limit it is given. */
    @FunctionalInterface
    public interface Stage {
        void stop(Duration limit) throws Exception;
    }

    private record Named(String name, Stage stage) {}

    private final Ticker ticker;
    private final Deque<Named> stages = new ArrayDeque<>();

    public StopSequence(Ticker ticker) {
        this.ticker = ticker;
    }

    /** The stage just started; it stops before all that were pushed earlier. */
    public synchronized void push(String name, Stage stage) {
        stages.push(new Named(name, stage));
    }

    /** Same, for what closes at once. */
    public void pushCloseable(String name, AutoCloseable closeable) {
        push(name, limit -> closeable.close());
    }

    /**
     * Stops every stage.
     *
     * @throws StopFailedException when one failed; the others are suppressed in it
     */
    public void stop(Duration limit) throws StopFailedException {
        long deadlineNanos = ticker.nanos() + limit.toNanos();
        StopFailedException failure = null;
        boolean interrupted = false;
        for (Named named = next(); named != null; named = next()) {
            Duration left = Duration.ofNanos(Math.max(0, deadlineNanos - ticker.nanos()));
            long begunNanos = ticker.nanos();
            try {
                named.stage().stop(left);
            } catch (InterruptedException e) {
                // Restored at the end: with the flag up, no later stage could wait for its part.
                interrupted = true;
                failure = add(failure, named.name(), e);
            } catch (Exception | Error e) {
                log.error("{} did not stop cleanly: {}", named.name(), e.toString());
                failure = add(failure, named.name(), e);
            }
            log.debug("stopped {} in {} ms", named.name(), (ticker.nanos() - begunNanos) / 1_000_000);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized @Nullable Named next() {
        return stages.poll();
    }

    private static StopFailedException add(@Nullable StopFailedException failure, String name, Throwable cause) {
        if (failure == null) {
            return new StopFailedException(name + " did not stop cleanly: " + cause, cause);
        }
        failure.addSuppressed(new StopFailedException(name + " did not stop cleanly: " + cause, cause));
        return failure;
    }

    /** At least one stage did not stop cleanly. */
    public static final class StopFailedException extends Exception {
        StopFailedException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
