package io.millrace.sandbox.demo;

import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.cluster.ClusterRun;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.cluster.Ports;
import io.millrace.sandbox.demo.screen.DemoOutput;
import io.millrace.sandbox.trainer.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The demo from the first process to the last; shows each look at all processes. */
class DemoRun extends ClusterRun {
    /** How long one process may take to stop before it is killed. */
    private static final Duration CHILD_STOP_LIMIT = Duration.ofSeconds(20);
    /** How long producer and trainer consumer get to agree on the last step. */
    private static final Duration SETTLE_LIMIT = Duration.ofSeconds(5);

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

    private final DemoSettings settings;
    private final DemoSpecs specs;
    final DemoObserver observer;
    private final DemoOutput output;
    private final BusyWindow window;
    private Phase phase = Phase.BROKER;
    private @Nullable DemoReport report;
    private @Nullable String failure;

    /** @param onFinished called once, by the loop's thread, when all steps are trained */
    DemoRun(DemoSettings settings, DemoSpecs specs, DataFolder folder, DemoOutput output, Runnable onFinished) {
        super(folder, Ticker.system(), onFinished);
        this.settings = settings;
        this.specs = specs;
        this.observer = new DemoObserver(settings, folder, probe, WallClock.system());
        this.output = output;
        Set<String> workerIds = new HashSet<>();
        for (int i = 1; i <= settings.run().workers(); i++) {
            workerIds.add(DemoSettings.workerId(i));
        }
        this.window = new BusyWindow(workerIds, settings.warmUp());
    }

    @Override
    protected final void run() throws Exception {
        try {
            // Admin clients are dear and wait long; ask only who is likely to answer.
            List<Child> broker = start(List.of(specs.broker()));
            // Needs no broker.
            List<Child> others = new ArrayList<>(start(List.of(specs.engine())));
            awaitReady(
                    broker,
                    child -> Ports.answers(settings.kafkaPort()) && observer.brokerAnswers(),
                    specs.readyLimit());
            phase = Phase.PROCESSES;
            others.addAll(start(specs.middle()));
            Child early = specs.trainerWaits() ? startTrainer(specs.trainer()) : null;
            awaitReady(others, specs.readyLimit());
            phase = Phase.RUNNING;
            Child trainer = trainToEnd(early == null ? startTrainer(specs.trainer()) : early);
            collect();
            requireGood(trainer);
            trained();
            phase = Phase.FINISHED;
            show();
        } catch (RunFailedException e) {
            failure = e.getMessage();
            throw e;
        }
    }

    /** All steps are trained, all processes still there. */
    void trained() throws Exception {}

    /** The trainer has come so far. */
    void reached(long steps) throws Exception {}

    /** What the report has besides. */
    void addTo(ObjectNode json) throws IOException {}

    @Override
    protected final void look() throws Exception {
        if (phase == Phase.RUNNING) {
            Observation seen = observer.observe();
            window.observe(seen.liveWorkers(), seen.nowMs());
            reached(seen.steps().size());
        }
        requireAlive();
        show();
    }

    private void show() {
        Observation last = observer.last();
        // An engine that keeps no ledger is known by what workers say of it.
        output.show((last.engine().isEmpty() ? last.with(window.measured()) : last)
                .state(
                        settings,
                        phase.words,
                        observer.elapsedMs(),
                        folder.logs().toString()));
    }

    /** The figures at the end, while all processes still answer. */
    private void collect() throws Exception {
        long deadlineNanos = ticker.nanos() + SETTLE_LIMIT.toNanos();
        DemoReport made = report(observer.observe());
        // Producer and observer learn of the last step from topics, a moment after the trainer consumer.
        while (!made.isComplete() && ticker.nanos() < deadlineNanos && !pause()) {
            made = report(observer.observe());
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
        return new DemoReport(
                settings,
                end,
                observer.ledger(fromMs, lastAckMs, slots).orElseGet(window::measured),
                observer.ledger(observer.startedAtMs(), end.nowMs(), slots).orElseGet(Json::object),
                slots,
                (end.nowMs() - observer.startedAtMs()) / 1000.0);
    }

    @Override
    protected final void stop(Duration limit) throws Exception {
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
                ObjectNode json = made.json();
                addTo(json);
                WholeFile.writeJson(file, json);
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
            throw new RunFailedException(String.join("; ", problems));
        }
    }
}
