package io.millrace.sandbox.bench;

import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunTopics;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.Cluster;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.cluster.Ports;
import io.millrace.sandbox.cluster.StatusProbe;
import io.millrace.sandbox.trainer.TrainerReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** One case after the other, each a turn with processes of its own; the table at the end. Owned by its loop. */
final class StalenessBench implements OwnerLoop.Turn {
    private static final Duration READY_LIMIT = Duration.ofSeconds(90);
    private static final Duration CHILD_STOP_LIMIT = Duration.ofSeconds(30);
    private static final int RECORD_BYTES_MAX = 16 << 20;
    private static final int LAST_LINES = 12;

    private final StalenessBenchSettings settings;
    private final DataFolder folder;
    private final StalenessSpecs specs;
    private final StatusProbe probe = new StatusProbe();
    private final Ticker ticker;
    private final Runnable onFinished;
    private final Map<StalenessBenchSettings.Case, StalenessFigures> done = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private volatile @Nullable Thread owner;

    StalenessBench(StalenessBenchSettings settings, DataFolder folder, Ticker ticker, Runnable onFinished) {
        this.settings = settings;
        this.folder = folder;
        this.specs = new StalenessSpecs(settings);
        this.ticker = ticker;
        this.onFinished = onFinished;
    }

    /** A process ended before its time or did not get ready. */
    static final class BenchFailedException extends Exception {
        BenchFailedException(String message) {
            super(message);
        }
    }

    @Override
    public void runOnce() throws Exception {
        owner = Thread.currentThread();
        List<StalenessBenchSettings.Case> cases = settings.cases();
        if (done.size() == cases.size()) {
            finish();
            return;
        }
        StalenessBenchSettings.Case next = cases.get(done.size());
        StalenessFigures figures = run(next);
        done.put(next, figures);
        System.out.println(row(next, figures));
    }

    private void finish() throws Exception {
        StringBuilder table = new StringBuilder(header());
        done.forEach((one, figures) -> table.append(row(one, figures)).append('\n'));
        Path file = settings.markdownFile();
        if (file != null) {
            Files.writeString(file, table);
        }
        onFinished.run();
        // Until the wakeup there is nothing left to do.
        new CountDownLatch(1).await();
    }

    private StalenessFigures run(StalenessBenchSettings.Case one) throws Exception {
        Cluster cluster = new Cluster(folder, ticker);
        try {
            cluster.start(specs.broker(folder.kafka()));
            await("the broker", () -> Ports.answers(settings.kafkaPort()));
            for (ChildSpec spec : specs.middle(one)) {
                Child child = cluster.start(spec);
                await(child.name(), () -> {
                    if (!child.alive()) {
                        throw new BenchFailedException(child.lastWords(LAST_LINES));
                    }
                    return probe.status(spec.readyUrl()) == 200;
                });
            }
            Path reportFile = folder.logs().resolve(one.run() + ".json");
            Child trainer = cluster.start(specs.simulatedTrainer(reportFile));
            while (!trainer.awaitEnd(Duration.ofMillis(500))) {
                var dead = cluster.dead(trainer.name());
                if (dead.isPresent()) {
                    throw new BenchFailedException(dead.get().lastWords(LAST_LINES));
                }
            }
            if (trainer.exitCode() != 0) {
                throw new BenchFailedException(trainer.lastWords(LAST_LINES));
            }
            return figures(one, reportFile);
        } finally {
            // An interrupt has done its work by coming here.
            Thread.interrupted();
            problems.addAll(cluster.stop(CHILD_STOP_LIMIT, CHILD_STOP_LIMIT.multipliedBy(4)));
            folder.finish(false);
        }
    }

    private StalenessFigures figures(StalenessBenchSettings.Case one, Path reportFile) throws Exception {
        TrainerReport report = TrainerReport.read(reportFile)
                .orElseThrow(() -> new BenchFailedException("the simulated trainer left no report: " + reportFile));
        KafkaClients clients = new KafkaClients(new KafkaSettings(settings.bootstrap(), Map.of()), RECORD_BYTES_MAX);
        try (PartitionReader reader =
                new PartitionReader(new TopicTail(clients.follower("bench-staleness")), READY_LIMIT)) {
            return StalenessFigures.read(new RunTopics(new RunId(one.run())), reader, report);
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private void await(String what, Condition condition) throws Exception {
        long deadlineNanos = ticker.nanos() + READY_LIMIT.toNanos();
        while (!condition.holds()) {
            if (ticker.nanos() > deadlineNanos) {
                throw new BenchFailedException(
                        what + " was not ready within " + READY_LIMIT.toSeconds() + " s; logs in " + folder.logs());
            }
            // Processes that start tell nobody when they are ready.
            Thread.sleep(100);
        }
    }

    static String header() {
        return "| pipeline depth | max staleness | on stale | steps/s | trained tokens/s | trainer idle | staleness mean"
                + " = in flight + in queue, max | groups by staleness | discarded | mean length trained / generated |\n"
                + "|---:|---:|---|---:|---:|---:|---|---|---|---|\n";
    }

    private static String row(StalenessBenchSettings.Case one, StalenessFigures figures) {
        return String.format(
                Locale.ROOT,
                "| %d | %d | %s | %.2f | %.0f | %.0f %% | %.2f = %.2f + %.2f, %d | %s | %s | %.1f / %.1f = %.3f |",
                one.pipelineDepth(),
                one.maxStaleness(),
                one.onStale(),
                (figures.steps() - 1) / figures.seconds(),
                figures.trainedTokens() / figures.seconds(),
                100 * figures.waitSeconds() / figures.seconds(),
                figures.meanStaleness(),
                figures.meanStaleness() - figures.meanInQueue(),
                figures.meanInQueue(),
                figures.stalest(),
                words(figures.byStaleness()),
                figures.discards().isEmpty() ? "0" : words(figures.discards()),
                figures.trainedLength(),
                figures.generatedLength(),
                figures.trainedLength() / figures.generatedLength());
    }

    private static String words(Map<?, Long> counts) {
        StringBuilder words = new StringBuilder();
        counts.forEach((key, count) -> words.append(words.isEmpty() ? "" : ", ")
                .append(key)
                .append(": ")
                .append(count));
        return words.toString();
    }

    /** What did not stop cleanly; after the loop's end. */
    void checkEnds() throws BenchFailedException {
        if (!problems.isEmpty()) {
            throw new BenchFailedException(String.join("; ", problems));
        }
    }

    @Override
    public void wakeup() {
        Thread thread = owner;
        if (thread != null) {
            thread.interrupt();
        }
    }

    @Override
    public void close() {
        // Processes of a case are stopped by the case.
    }
}
