package io.millrace.sandbox.demo;

import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.Cluster;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.cluster.Ports;
import io.millrace.sandbox.cluster.StatusProbe;
import io.millrace.sandbox.demo.screen.DemoOutput;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The demo from the first process to the last. Each turn looks at all processes once: a phase ends when what it waits
 * for is there, and a process that is gone too early ends the demo. {@link #stop} follows when the loop has ended.
 */
final class DemoRun implements OwnerLoop.Turn {
    private static final Duration TURN = Duration.ofMillis(250);
    /** How long a phase of the start may take. */
    private static final Duration READY_LIMIT = Duration.ofSeconds(90);
    /** How long one process may take to stop before it is killed. */
    private static final Duration CHILD_STOP_LIMIT = Duration.ofSeconds(20);
    /** How long producer and trainer consumer get to agree on the last step. */
    private static final Duration SETTLE_LIMIT = Duration.ofSeconds(5);

    private static final int LAST_LINES = 12;

    private enum Phase {
        BROKER("starts the broker"),
        PROCESSES("starts engine, producer, workers and trainer"),
        RUNNING("runs"),
        FINISHED("has trained all steps, stops");

        final String words;

        Phase(String words) {
            this.words = words;
        }
    }

    /** A process ended before its time or did not get ready; the message names it and has its last lines. */
    static final class DemoFailedException extends Exception {
        DemoFailedException(String message) {
            super(message);
        }
    }

    private final DemoSettings settings;
    private final DataFolder folder;
    private final DemoSpecs specs;
    private final Cluster cluster;
    private final DemoObserver observer;
    private final StatusProbe probe;
    private final DemoOutput output;
    private final Ticker ticker;
    private final Runnable onFinished;
    private final BusyWindow window;
    private final List<Child> pending = new ArrayList<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private Phase phase = Phase.BROKER;
    private long phaseBegunNanos;
    private @Nullable Child simulatedTrainer;

    private @Nullable DemoReport report;

    private @Nullable String failure;

    /** @param onFinished called once, by the loop's thread, when all steps are trained */
    DemoRun(
            DemoSettings settings,
            DataFolder folder,
            Cluster cluster,
            DemoObserver observer,
            StatusProbe probe,
            DemoOutput output,
            Ticker ticker,
            Runnable onFinished) {
        this.settings = settings;
        this.folder = folder;
        this.specs = new DemoSpecs(settings, folder);
        this.cluster = cluster;
        this.observer = observer;
        this.probe = probe;
        this.output = output;
        this.ticker = ticker;
        this.onFinished = onFinished;
        this.phaseBegunNanos = ticker.nanos();
        Set<String> workerIds = new HashSet<>();
        for (int i = 1; i <= settings.run().workers(); i++) {
            workerIds.add(DemoSettings.workerId(i));
        }
        this.window = new BusyWindow(workerIds, settings.warmUp());
    }

    @Override
    public void runOnce() throws Exception {
        try {
            turn();
        } catch (DemoFailedException e) {
            failure = e.getMessage();
            throw e;
        }
    }

    private void turn() throws Exception {
        switch (phase) {
            case BROKER -> startBroker();
            case PROCESSES -> startProcesses();
            case RUNNING -> watch();
            case FINISHED -> stopping.await();
        }
        Optional<Child> dead = cluster.dead(ClusterSpec.SIMULATED_TRAINER);
        if (dead.isPresent() && stopping.getCount() > 0) {
            throw new DemoFailedException(dead.get().lastWords(LAST_LINES));
        }
        show();
        if (phase != Phase.FINISHED) {
            boolean told = stopping.await(TURN.toMillis(), TimeUnit.MILLISECONDS);
            if (told) {
                throw new InterruptedException("stopping");
            }
        }
    }

    private void startBroker() throws Exception {
        if (pending.isEmpty()) {
            pending.add(cluster.start(specs.broker()));
        }
        // Admin clients are dear and wait long; ask only who is likely to answer.
        if (Ports.answers(settings.kafkaPort()) && observer.brokerAnswers()) {
            pending.clear();
            for (ChildSpec spec : specs.middle()) {
                pending.add(cluster.start(spec));
            }
            enter(Phase.PROCESSES);
        } else {
            checkPatience();
        }
    }

    private void startProcesses() throws Exception {
        List<Child> ready = new ArrayList<>();
        for (Child child : pending) {
            if (probe.status(child.readyUrl()) == 200) {
                ready.add(child);
            }
        }
        pending.removeAll(ready);
        if (pending.isEmpty()) {
            simulatedTrainer = cluster.start(specs.simulatedTrainer());
            enter(Phase.RUNNING);
        } else {
            checkPatience();
        }
    }

    private void checkPatience() throws DemoFailedException {
        if (ticker.nanos() - phaseBegunNanos > READY_LIMIT.toNanos()) {
            throw new DemoFailedException(
                    pending.getFirst().lastWords(LAST_LINES) + "\n(waited " + READY_LIMIT.toSeconds() + " s for it)");
        }
    }

    private void watch() throws Exception {
        Observation seen = observer.observe();
        window.observe(seen.liveWorkers(), seen.nowMs());
        Child trainer = simulatedTrainer;
        if (trainer == null || trainer.alive()) {
            return;
        }
        collect();
        if (trainer.exitCode() != 0) {
            throw new DemoFailedException(trainer.lastWords(LAST_LINES));
        }
        enter(Phase.FINISHED);
        show();
        onFinished.run();
    }

    private void enter(Phase next) {
        phase = next;
        phaseBegunNanos = ticker.nanos();
    }

    private void show() {
        output.show(observer.last()
                .state(
                        settings,
                        phase.words,
                        observer.elapsedMs(),
                        folder.logs().toString()));
    }

    /** The figures at the end, while all processes still answer. */
    private void collect() throws Exception {
        long deadlineNanos = ticker.nanos() + SETTLE_LIMIT.toNanos();
        Observation end = observer.observe();
        DemoReport made = report(end);
        // Producer and observer learn of the last step from topics, a moment after the trainer consumer.
        while (!made.isComplete() && ticker.nanos() < deadlineNanos) {
            boolean told = stopping.await(100, TimeUnit.MILLISECONDS);
            end = observer.observe();
            made = report(end);
            if (told) {
                break;
            }
        }
        report = made;
    }

    private DemoReport report(Observation end) throws InterruptedException {
        long slotsStarted = (long) settings.run().workers() * settings.cluster().slots();
        long slots = window.slots(slotsStarted);
        long lastAckMs =
                end.steps().isEmpty() ? end.nowMs() : end.steps().getLast().acknowledgedAtMs();
        // A demo too short for a window is measured from its first request on.
        long fromMs = window.open(lastAckMs) ? window.fromMs() : observer.startedAtMs();
        var none = io.millrace.common.json.Json.object();
        return new DemoReport(
                settings,
                end,
                observer.ledger(fromMs, lastAckMs, slots).orElse(none),
                observer.ledger(observer.startedAtMs(), end.nowMs(), slots).orElse(none),
                slots,
                (end.nowMs() - observer.startedAtMs()) / 1000.0);
    }

    /**
     * Stops all processes in reverse order of start, writes the report and tells the end; by the thread that stopped
     * the loop.
     *
     * @throws DemoFailedException when a process did not stop cleanly or the accounts do not agree
     */
    void stop(Duration limit) throws Exception {
        if (phase == Phase.RUNNING && report == null && failure == null) {
            // Ctrl-C: the report tells how far it came.
            collect();
        }
        observer.close();
        List<String> problems = cluster.stop(CHILD_STOP_LIMIT, limit);
        folder.finish(settings.keepData());
        output.close();
        DemoReport made = report;
        if (made != null) {
            made.summary().forEach(System.out::println);
            Path file = settings.report();
            if (file != null) {
                made.write(file);
                System.out.println("report in " + file);
            }
            if (!made.accountsAgree()) {
                problems.add("the accounts of producer and trainer consumer do not agree");
            }
        }
        System.out.println("logs in " + folder.logs());
        if (failure != null) {
            System.err.println("demo failed: " + failure);
        }
        problems.forEach(problem -> System.err.println("demo: " + problem));
        if (!problems.isEmpty()) {
            throw new DemoFailedException(String.join("; ", problems));
        }
    }

    @Override
    public void wakeup() {
        stopping.countDown();
    }

    @Override
    public void close() {
        // All that is owned is needed until stop, which comes after the loop.
    }
}
