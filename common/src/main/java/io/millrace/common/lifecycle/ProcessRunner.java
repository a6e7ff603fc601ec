package io.millrace.common.lifecycle;

import io.millrace.common.config.SettingException;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a process: start, run until SIGTERM, a natural end or a failure, then stop in reverse order of start
 * within a limit. The exit code tells clean (0) from not (1, or 2 for
 * settings that cannot be used), after SIGTERM too.
 */
public final class ProcessRunner implements Fatal {
    private static final Logger log = LoggerFactory.getLogger(ProcessRunner.class);

    /**
     * Builds and starts a process; pushes what it started on the sequence. Interrupted by a signal to stop: what is
     * thrown for that is a clean end.
     */
    @FunctionalInterface
    public interface Starter {
        void start(ProcessRunner runner, StopSequence stops) throws Exception;
    }

    private final String name;
    private final Duration stopLimit;
    private final UnaryOperator<Throwable> meaning;
    private final Health health = new Health(WallClock.system());
    private final CountDownLatch end = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile int exitCode = 1;
    /** The thread that starts the process; null before and once it has. */
    private @Nullable Thread starting;

    private ProcessRunner(String name, Duration stopLimit, UnaryOperator<Throwable> meaning) {
        this.name = name;
        this.stopLimit = stopLimit;
        this.meaning = meaning;
    }

    /**
     * Runs a process to its end, on the calling thread.
     *
     * @param stopLimit how long stopping may take over all stages
     * @return the exit code
     * @throws SettingException when the settings prove impossible, at the start or later
     */
    public static int run(String name, Duration stopLimit, Starter starter) throws Exception {
        return run(name, stopLimit, UnaryOperator.identity(), starter);
    }

    /**
     * Same, for a process that knows what a failure means: one that is a setting in truth (rights that the broker does not
     * give) ends the process as a setting does, at the start or later.
     *
     * @param meaning the failure itself, or what it means; any thread
     */
    public static int run(String name, Duration stopLimit, UnaryOperator<Throwable> meaning, Starter starter)
            throws Exception {
        return new ProcessRunner(name, stopLimit, meaning).run(starter);
    }

    private int run(Starter starter) throws Exception {
        Thread hook = Thread.ofPlatform().name("stop-" + name).unstarted(this::stopOnSignal);
        Runtime.getRuntime().addShutdownHook(hook);
        // A thread that is gone leaves its work undone for good, so nobody may die unheard.
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> report("thread " + thread.getName(), e));
        StopSequence stops = new StopSequence(Ticker.system());
        synchronized (this) {
            starting = Thread.currentThread();
        }
        try {
            starter.start(this, stops);
            started();
            log.info("{} started", name);
            end.await();
        } catch (InterruptedException | InterruptException e) {
            if (end.getCount() > 0) {
                report(name, e);
            }
            started();
            log.info("{} ends before it has started", name);
        } catch (SettingException e) {
            started();
            exitCode = 2;
            stopQuietly(stops);
            throw meaning.apply(e) instanceof SettingException meant ? meant : e;
        } catch (Exception | Error e) {
            started();
            report(name, e);
        }
        int code = finish(stops);
        if (failure.get() instanceof SettingException e) {
            exitCode = 2;
            stopped.countDown();
            throw e;
        }
        exitCode = code;
        stopped.countDown();
        return code;
    }

    /** From here on a signal ends nothing but the wait for the end. */
    private synchronized void started() {
        starting = null;
        // The stop sequence must be able to wait.
        boolean _ = Thread.interrupted();
    }

    /** A start may wait for a broker for as long as it takes. */
    private synchronized void interruptStart() {
        Thread thread = starting;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private int finish(StopSequence stops) {
        boolean clean = failure.get() == null;
        try {
            stops.stop(stopLimit);
        } catch (StopSequence.StopFailedException e) {
            log.error("{} did not stop cleanly", name, e);
            clean = false;
        }
        log.info("{} ended {}", name, clean ? "cleanly" : "with a failure");
        return clean ? 0 : 1;
    }

    private void stopQuietly(StopSequence stops) {
        try {
            stops.stop(stopLimit);
        } catch (StopSequence.StopFailedException e) {
            log.warn("{} did not stop cleanly", name, e);
        } finally {
            stopped.countDown();
        }
    }

    /** The shutdown hook: the JVM ends when it returns, so it waits for the sequence and sets the exit code. */
    private void stopOnSignal() {
        if (stopped.getCount() == 0) {
            return;
        }
        log.info("{} stops: signal received", name);
        end.countDown();
        interruptStart();
        try {
            // A little more than the stages have, so that a late stage is reported by itself.
            boolean inTime = stopped.await(stopLimit.toMillis() + 1_000, TimeUnit.MILLISECONDS);
            if (!inTime) {
                log.error("{} did not stop within {} ms", name, stopLimit.toMillis());
            }
            Runtime.getRuntime().halt(inTime ? exitCode : 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Runtime.getRuntime().halt(1);
        }
    }

    /** Asks for a clean end; returns at once. */
    public void requestStop() {
        end.countDown();
    }

    @Override
    public void report(String who, Throwable reported) {
        Throwable cause = meaning.apply(reported);
        if (failure.compareAndSet(null, cause)) {
            if (cause instanceof SettingException) {
                // One line, said again by whoever ends the process.
                log.error("{} ends: {}", name, cause.getMessage());
            } else {
                log.error("{} failed in {}: the process ends", name, who, cause);
            }
        } else {
            log.warn("{} failed further in {}", name, who, cause);
        }
        health.failed(who, String.valueOf(cause));
        end.countDown();
    }

    public Health health() {
        return health;
    }
}
