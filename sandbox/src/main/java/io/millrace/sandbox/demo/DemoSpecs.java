package io.millrace.sandbox.demo;

import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.DataFolder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What every process of the demo is started with; its own engine and trainer stand in for real ones. Pure. */
class DemoSpecs {
    final DemoSettings settings;
    final DataFolder folder;
    final ClusterSpec cluster;
    private final ClusterSpec.Client client;

    DemoSpecs(DemoSettings settings, DataFolder folder) {
        this.settings = settings;
        this.folder = folder;
        this.cluster = new ClusterSpec(settings.cluster());
        this.client = new ClusterSpec.Client(
                settings.run().run().value(),
                settings.bootstrap(),
                settings.run().pipelineDepth());
    }

    ChildSpec broker() {
        return cluster.broker(settings.kafkaPort(), folder.kafka());
    }

    /** What runs between broker and engine and the trainer, in order of start. */
    List<ChildSpec> middle() {
        List<ChildSpec> specs = new ArrayList<>();
        specs.add(producer(cluster.producer(client, settings.cluster().dataset(), settings.opsPort())));
        for (int i = 1; i <= settings.run().workers(); i++) {
            specs.add(worker(i));
        }
        specs.add(cluster.trainer(client, settings.trainerPort()));
        return specs;
    }

    /** How long those may take to be ready. */
    Duration readyLimit() {
        return Duration.ofSeconds(90);
    }

    /** Whether the trainer waits for the trainer consumer by itself, and so may be started beside it. */
    boolean trainerWaits() {
        return true;
    }

    /** @param spec without what depends on the engine */
    ChildSpec producer(ChildSpec spec) {
        return spec.with("--reward-type", "dapo").with("--max-new-tokens", 1024);
    }

    ChildSpec engine() {
        return cluster.engine(settings.enginePort())
                .with("--right-share", settings.rightShare())
                .with("--latency", "w1")
                .with("--mean-group-time", settings.run().meanGroupTime())
                .with("--policy", settings.learn())
                .with("--engine-seed", settings.engineSeed())
                .with("--latency-seed", settings.engineSeed());
    }

    ChildSpec worker(int number) {
        int slots = settings.cluster().slots();
        int groups = slots / (4 * settings.cluster().step().samplesPerGroup());
        return cluster.worker(
                        client,
                        DemoSettings.workerId(number),
                        List.of(settings.engineUrl()),
                        settings.opsPort() + number)
                .with("--prefetch", Math.clamp(groups, 2, 256));
    }

    ChildSpec trainer() {
        return cluster.simulatedTrainer(
                        ClusterSpec.url(settings.trainerPort()), List.of(settings.engineUrl()), settings.steps())
                .with("--learn", settings.learn())
                .with("--weights-dir", folder.weights())
                .with("--report-file", folder.trainerReport());
    }
}
