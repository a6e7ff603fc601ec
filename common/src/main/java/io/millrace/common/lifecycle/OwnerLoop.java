package io.millrace.common.lifecycle;

import java.time.Duration;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that owns something single-threaded, such as a Kafka consumer, and turns until told to stop. Whatever the
 * turn throws unexpectedly is reported to {@link Fatal} and ends the loop: a bug stops the process, it is not retried.
 */
public final class OwnerLoop {
    private static final Logger log = LoggerFactory.getLogger(OwnerLoop.class);

    /** What is owned. Called by the loop's thread only, but for {@link #wakeup}. */
    public interface Turn {
        /** One turn; returns soon, waiting at most for its own poll. */
        void runOnce() throws Exception;

        /** Ends a wait inside {@link #runOnce}; called by other threads. */
        void wakeup();

        /** Releases what is owned; the last call, also after a failure. */
        void close() throws Exception;
    }

    private final String name;
    private final Turn turn;
    private final Fatal fatal;
    private final Thread thread;
    private volatile boolean stopping;

    public OwnerLoop(String name, Turn turn, Fatal fatal) {
        this.name = name;
        this.turn = turn;
        this.fatal = fatal;
        this.thread = Thread.ofPlatform().name(name).unstarted(this::run);
    }

    /** Starts the thread; once. */
    public OwnerLoop start() {
        thread.start();
        return this;
    }

    private void run() {
        try {
            while (!stopping) {
                turn.runOnce();
            }
        } catch (WakeupException | InterruptedException | InterruptException e) {
            if (!stopping) {
                fatal.report(name, e);
            }
        } catch (Exception | Error e) {
            fatal.report(name, e);
        } finally {
            try {
                // Kafka clients refuse to close while the flag is up.
                boolean interrupted = Thread.interrupted();
                turn.close();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            } catch (Exception e) {
                log.warn("{} did not release what it owned", name, e);
            }
        }
    }

    /**
     * Ends the loop after its turn.
     *
     * @throws IllegalStateException when it has not ended within the limit
     */
    public void stop(Duration limit) throws InterruptedException {
        stopping = true;
        turn.wakeup();
        if (Thread.currentThread() == thread || !thread.isAlive()) {
            return;
        }
        if (!thread.join(limit)) {
            thread.interrupt();
            throw new IllegalStateException(name + " has not ended within " + limit);
        }
    }
}
