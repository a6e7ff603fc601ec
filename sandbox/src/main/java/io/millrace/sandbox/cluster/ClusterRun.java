package io.millrace.sandbox.cluster;

import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A run of processes from the first to the last, on one thread, which goes on looking at all of it whatever it waits for.
 * At its end the process is asked to stop. {@link #stop} follows when the loop has ended, also before its end.
 */
public abstract class ClusterRun implements OwnerLoop.Turn {
    private static final Duration LOOK = Duration.ofMillis(100);
    /** How long processes that are started together may take. */
    private static final Duration READY_LIMIT = Duration.ofSeconds(90);

    private static final int LAST_LINES = 12;

    protected final DataFolder folder;
    protected final Cluster cluster;
    protected final Ticker ticker;
    protected final StatusProbe probe = new StatusProbe();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Runnable onFinished;
    /** The only process that may end by itself. */
    private String trainer = "";

    /** @param onFinished called once, by the loop's thread, at the end of the run */
    protected ClusterRun(DataFolder folder, Ticker ticker, Runnable onFinished) {
        this.folder = folder;
        this.cluster = new Cluster(folder, ticker);
        this.ticker = ticker;
        this.onFinished = onFinished;
    }

    /** A process ended before its time or did not get ready, or the outcome is not as it must be. */
    public static final class RunFailedException extends Exception {
        public RunFailedException(String message) {
            super(message);
        }
    }

    /** Whether a process can be used. */
    @FunctionalInterface
    protected interface Readiness {
        boolean of(Child child) throws Exception;
    }

    /** The whole run. */
    protected abstract void run() throws Exception;

    /** Looks at everything once, while something is waited for. */
    protected abstract void look() throws Exception;

    /**
     * Stops all processes and tells the outcome; by the thread that stopped the loop.
     *
     * @throws RunFailedException when anything is not as it must be
     */
    protected abstract void stop(Duration limit) throws Exception;

    /** Starts the loop, and stops it with the process. */
    public final void start(String name, ProcessRunner runner, StopSequence stops) {
        OwnerLoop loop = new OwnerLoop(name, this, runner);
        stops.push(name, limit -> {
            loop.stop(limit);
            stop(limit);
        });
        loop.start();
    }

    @Override
    public final void runOnce() throws Exception {
        run();
        onFinished.run();
        stopping.await();
    }

    /** @return whether the condition came to hold within the limit */
    protected final boolean await(Callable<Boolean> condition, Duration limit) throws Exception {
        long untilNanos = ticker.nanos() + limit.toNanos();
        while (!condition.call()) {
            if (ticker.nanos() - untilNanos >= 0) {
                return false;
            }
            turn();
        }
        return true;
    }

    /** Looks at everything once, then waits a little. */
    protected final void turn() throws Exception {
        look();
        if (pause()) {
            throw new InterruptedException("stopping");
        }
    }

    /** @return whether the run is to stop */
    protected final boolean pause() throws InterruptedException {
        return stopping.await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Starts processes, and waits until each can be used. */
    protected final void startReady(List<ChildSpec> specs, Readiness readiness) throws Exception {
        startReady(specs, readiness, READY_LIMIT);
    }

    /** The same of processes that may take as long as this together. */
    protected final void startReady(List<ChildSpec> specs, Readiness readiness, Duration limit) throws Exception {
        awaitReady(start(specs), readiness, limit);
    }

    /** Starts processes, which are ready later. */
    protected final List<Child> start(List<ChildSpec> specs) throws IOException {
        List<Child> started = new ArrayList<>();
        for (ChildSpec spec : specs) {
            started.add(cluster.start(spec));
        }
        return started;
    }

    /** Waits until each can be used. */
    protected final void awaitReady(List<Child> started, Readiness readiness, Duration limit) throws Exception {
        List<Child> pending = new ArrayList<>(started);
        boolean ready = await(
                () -> {
                    while (!pending.isEmpty() && readiness.of(pending.getFirst())) {
                        pending.removeFirst();
                    }
                    return pending.isEmpty();
                },
                limit);
        if (!ready) {
            throw new RunFailedException(
                    pending.getFirst().lastWords(LAST_LINES) + "\n(waited " + limit.toSeconds() + " s for it)");
        }
    }

    /** The same of processes that answer when they are. */
    protected final void startReady(List<ChildSpec> specs, Duration limit) throws Exception {
        awaitReady(start(specs), limit);
    }

    /** Waits until each answers that it can be used. */
    protected final void awaitReady(List<Child> started, Duration limit) throws Exception {
        awaitReady(started, child -> probe.status(child.readyUrl()) == 200, limit);
    }

    protected final void startReady(List<ChildSpec> specs) throws Exception {
        startReady(specs, READY_LIMIT);
    }

    /** @return the trainer, which has ended */
    protected final Child train(ChildSpec spec) throws Exception {
        return trainToEnd(startTrainer(spec));
    }

    /** Starts the one process that may end by itself. */
    protected final Child startTrainer(ChildSpec spec) throws IOException {
        trainer = spec.name();
        return cluster.start(spec);
    }

    /** @return the trainer, which has ended */
    protected final Child trainToEnd(Child started) throws Exception {
        while (started.alive()) {
            turn();
        }
        return started;
    }

    /** @throws RunFailedException when the process did not end well, with its last words */
    protected static void requireGood(Child ended) throws RunFailedException {
        if (ended.exitCode() != 0) {
            throw new RunFailedException(ended.lastWords(LAST_LINES));
        }
    }

    /** @throws RunFailedException when a process has ended that must not, with its last words */
    protected final void requireAlive() throws RunFailedException {
        Optional<Child> dead = cluster.dead(trainer);
        if (dead.isPresent()) {
            throw new RunFailedException(dead.get().lastWords(LAST_LINES));
        }
    }

    @Override
    public final void wakeup() {
        stopping.countDown();
    }

    @Override
    public final void close() {
        // All that is owned is needed until stop, which comes after the loop.
    }
}
