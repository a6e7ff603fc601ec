package io.millrace.sandbox.demo;

import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.DataFolder;
import java.util.ArrayList;
import java.util.List;

/** What every process of the demo is started with. Pure. */
final class DemoSpecs {
    private final DemoSettings settings;
    private final DataFolder folder;
    private final ClusterSpec cluster;
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

    /** What runs between broker and trainer, in order of start. */
    List<ChildSpec> middle() {
        List<ChildSpec> specs = new ArrayList<>();
        specs.add(engine());
        specs.add(cluster.producer(client, settings.cluster().dataset(), settings.opsPort())
                .with("--max-new-tokens", 1024));
        for (int i = 1; i <= settings.run().workers(); i++) {
            specs.add(worker(i));
        }
        specs.add(cluster.trainer(client, settings.trainerPort()));
        return specs;
    }

    private ChildSpec engine() {
        return cluster.engine(settings.enginePort())
                .with("--right-share", settings.rightShare())
                .with("--latency", "w1")
                .with("--mean-group-time", settings.run().meanGroupTime())
                .with("--policy", settings.learn())
                .with("--engine-seed", settings.engineSeed())
                .with("--latency-seed", settings.engineSeed());
    }

    private ChildSpec worker(int number) {
        int slots = settings.cluster().slots();
        int groups = slots / (4 * settings.cluster().step().samplesPerGroup());
        return cluster.worker(
                        client,
                        DemoSettings.workerId(number),
                        List.of(settings.engineUrl()),
                        settings.opsPort() + number)
                .with("--prefetch", Math.clamp(groups, 2, 256));
    }

    ChildSpec simulatedTrainer() {
        return cluster.simulatedTrainer(
                        ClusterSpec.url(settings.trainerPort()), List.of(settings.engineUrl()), settings.steps())
                .with("--learn", settings.learn())
                .with("--weights-dir", folder.weights())
                .with("--report-file", folder.trainerReport());
    }
}
