package io.millrace.sandbox.bench;

import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.ClusterSpec;
import java.nio.file.Path;
import java.util.List;

/** What every process of the staleness benchmark is started with. Pure. */
record StalenessSpecs(StalenessBenchSettings settings) {
    private ClusterSpec cluster() {
        return new ClusterSpec(settings.cluster());
    }

    private ClusterSpec.Client client(StalenessBenchSettings.Case one) {
        return new ClusterSpec.Client(one.run(), settings.bootstrap(), one.pipelineDepth());
    }

    ChildSpec broker(Path data) {
        return cluster().broker(settings.kafkaPort(), data).withHeap("1g");
    }

    /** Between broker and trainer, in order of start. */
    List<ChildSpec> middle(StalenessBenchSettings.Case one) {
        return List.of(
                cluster()
                        .engine(settings.enginePort())
                        .with("--filler-sigma", settings.fillerSigma())
                        .with("--latency", "tokens")
                        .with("--token-time", settings.tokenTime()),
                cluster()
                        .producer(client(one), settings.cluster().dataset(), settings.producerPort())
                        .with("--reward-type", "dapo")
                        .with("--max-new-tokens", 8192)
                        // The figures are read from the receipts of the whole run.
                        .with("--trim-interval", "1h"),
                cluster()
                        .worker(client(one), "w1", List.of(engineUrl()), settings.workerPort())
                        .withHeap("768m")
                        .with("--prefetch", 16),
                cluster()
                        .trainer(client(one), settings.trainerPort())
                        .with("--max-staleness", one.maxStaleness())
                        .with("--on-stale", one.onStale())
                        // The versions of the groups' tokens are read from the results of the whole run.
                        .with("--keep-steps", settings.steps()));
    }

    ChildSpec simulatedTrainer(Path report) {
        return cluster()
                .simulatedTrainer(ClusterSpec.url(settings.trainerPort()), List.of(engineUrl()), settings.steps())
                .with("--report-file", report);
    }

    private String engineUrl() {
        return ClusterSpec.url(settings.enginePort());
    }
}
