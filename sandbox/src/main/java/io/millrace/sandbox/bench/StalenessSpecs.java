package io.millrace.sandbox.bench;

import io.millrace.common.config.Durations;
import io.millrace.sandbox.cluster.ChildSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of every process of the staleness benchmark. Pure. */
final class StalenessSpecs {
    private static final String HOST = "http://127.0.0.1:";

    private final StalenessBenchSettings settings;

    StalenessSpecs(StalenessBenchSettings settings) {
        this.settings = settings;
    }

    ChildSpec broker(Path data) {
        return spec(
                "broker",
                "1g",
                "",
                List.of(
                        "--kafka-port",
                        "" + settings.kafkaPort(),
                        "--data-dir",
                        data.toString(),
                        "--keep-data",
                        "false"));
    }

    /** The same seeds for each case, so that each meets the same answers. */
    ChildSpec engine() {
        return spec(
                "engine",
                "512m",
                HOST + settings.enginePort() + "/health",
                List.of(
                        "--engine-port",
                        "" + settings.enginePort(),
                        "--answers",
                        settings.dataset().toString(),
                        "--filler-median",
                        "" + settings.fillerMedianTokens(),
                        "--filler-sigma",
                        "" + settings.fillerSigma(),
                        "--latency",
                        "tokens",
                        "--token-time",
                        Durations.format(settings.tokenTime()),
                        "--max-running",
                        "8192"));
    }

    ChildSpec producer(StalenessBenchSettings.Case one) {
        return spec(
                "producer",
                "384m",
                HOST + settings.producerPort() + "/health/ready",
                with(
                        batch(one),
                        "--dataset",
                        settings.dataset().toString(),
                        "--max-new-tokens",
                        "8192",
                        "--reward-type",
                        "dapo",
                        // The figures are read from the receipts of the whole run.
                        "--trim-interval",
                        "1h",
                        "--ops-port",
                        "" + settings.producerPort()));
    }

    ChildSpec worker(StalenessBenchSettings.Case one) {
        return spec(
                "worker",
                "768m",
                HOST + settings.workerPort() + "/health/ready",
                with(
                        run(one),
                        "--engine-url",
                        HOST + settings.enginePort(),
                        "--slots",
                        "" + settings.slots(),
                        "--prefetch",
                        "16",
                        "--worker-id",
                        "w1",
                        "--ops-port",
                        "" + settings.workerPort()));
    }

    ChildSpec trainer(StalenessBenchSettings.Case one) {
        return spec(
                "trainer",
                "768m",
                HOST + settings.trainerPort() + "/v1/status",
                with(
                        batch(one),
                        "--max-staleness",
                        "" + one.maxStaleness(),
                        "--on-stale",
                        one.onStale(),
                        // The versions of the groups' tokens are read from the results of the whole run.
                        "--keep-steps",
                        "" + settings.steps(),
                        "--trainer-port",
                        "" + settings.trainerPort()));
    }

    ChildSpec simulatedTrainer(Path report) {
        return spec(
                "simulated-trainer",
                "384m",
                "",
                List.of(
                        "--trainer-url", HOST + settings.trainerPort(),
                        "--engine-url", HOST + settings.enginePort(),
                        "--steps", "" + settings.steps(),
                        "--train-time", Durations.format(settings.trainTime()),
                        "--batch-groups", "" + settings.batchGroups(),
                        "--samples-per-group", "" + settings.samplesPerGroup(),
                        "--report-file", report.toString()));
    }

    private List<String> run(StalenessBenchSettings.Case one) {
        return List.of("--run", one.run(), "--bootstrap", settings.bootstrap());
    }

    private List<String> batch(StalenessBenchSettings.Case one) {
        return with(
                run(one),
                "--batch-groups",
                "" + settings.batchGroups(),
                "--samples-per-group",
                "" + settings.samplesPerGroup(),
                "--pipeline-depth",
                "" + one.pipelineDepth());
    }

    private static List<String> with(List<String> first, String... more) {
        List<String> all = new ArrayList<>(first);
        all.addAll(List.of(more));
        return all;
    }

    private static ChildSpec spec(String command, String heap, String readyUrl, List<String> flags) {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(flags);
        return new ChildSpec(command, heap, arguments, readyUrl);
    }
}
