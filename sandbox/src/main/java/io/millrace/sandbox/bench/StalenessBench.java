package io.millrace.sandbox.bench;

import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunTopics;
import io.millrace.sandbox.cluster.ClusterRun;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.cluster.Ports;
import io.millrace.sandbox.trainer.TrainerReport;
import io.millrace.sandbox.trainer.WholeFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One case after the other, each with processes of its own; the table at the end. */
final class StalenessBench extends ClusterRun {
    private static final Duration READ_LIMIT = Duration.ofSeconds(90);
    private static final Duration CHILD_STOP_LIMIT = Duration.ofSeconds(30);
    private static final int RECORD_BYTES_MAX = 16 << 20;

    private static final List<String> HEADER = List.of(
            "| pipeline depth | max staleness | on stale | steps/s | trained tokens/s | trainer idle | staleness mean"
                    + " = in flight + in queue, max | groups by staleness | discarded | mean length trained / generated |",
            "|---:|---:|---|---:|---:|---:|---|---|---|---|");

    private final StalenessBenchSettings settings;
    private final StalenessSpecs specs;
    private final List<String> problems = new ArrayList<>();

    StalenessBench(StalenessBenchSettings settings, DataFolder folder, Ticker ticker, Runnable onFinished) {
        super(folder, ticker, onFinished);
        this.settings = settings;
        this.specs = new StalenessSpecs(settings);
    }

    @Override
    protected void run() throws Exception {
        List<String> table = new ArrayList<>(HEADER);
        HEADER.forEach(System.out::println);
        for (StalenessBenchSettings.Case one : settings.cases()) {
            String row = row(one, run(one));
            System.out.println(row);
            table.add(row);
        }
        Path file = settings.markdownFile();
        if (file != null) {
            WholeFile.writeLines(file, table);
        }
    }

    @Override
    protected void look() throws RunFailedException {
        requireAlive();
    }

    private StalenessFigures run(StalenessBenchSettings.Case one) throws Exception {
        try {
            startReady(List.of(specs.broker(folder.kafka())), child -> Ports.answers(settings.kafkaPort()));
            startReady(specs.middle(one));
            Path reportFile = folder.logs().resolve(one.run() + ".json");
            requireGood(train(specs.simulatedTrainer(reportFile)));
            return figures(one, reportFile);
        } finally {
            problems.addAll(cluster.stop(CHILD_STOP_LIMIT, CHILD_STOP_LIMIT.multipliedBy(4)));
            folder.finish(false);
        }
    }

    private StalenessFigures figures(StalenessBenchSettings.Case one, Path reportFile) throws Exception {
        TrainerReport report = TrainerReport.read(reportFile)
                .orElseThrow(() -> new RunFailedException("the simulated trainer left no report: " + reportFile));
        KafkaClients clients = new KafkaClients(new KafkaSettings(settings.bootstrap(), Map.of()), RECORD_BYTES_MAX);
        try (PartitionReader reader =
                new PartitionReader(new TopicTail(clients.follower("bench-staleness")), READ_LIMIT)) {
            return StalenessFigures.read(new RunTopics(new RunId(one.run())), reader, report);
        }
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

    /** The processes of a case were stopped by it. */
    @Override
    protected void stop(Duration limit) throws RunFailedException {
        if (!problems.isEmpty()) {
            throw new RunFailedException(String.join("; ", problems));
        }
    }
}
