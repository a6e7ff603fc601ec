package io.millrace.sandbox.demo;

import io.millrace.common.config.Durations;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.DataFolder;
import java.util.ArrayList;
import java.util.List;

/** The command line of every process of the demo; the one place that knows their flags. Pure. */
final class ChildSpecs {
    static final String BROKER = "broker";
    static final String ENGINE = "engine";
    static final String PRODUCER = "producer";
    static final String TRAINER = "trainer";
    static final String SIMULATED_TRAINER = "simulated-trainer";

    /** Requests the engine runs at once: more than any worker that a user adds can ask for. */
    private static final int ENGINE_ROOM = 4096;

    private final DemoSettings settings;
    private final DataFolder folder;

    ChildSpecs(DemoSettings settings, DataFolder folder) {
        this.settings = settings;
        this.folder = folder;
    }

    ChildSpec broker() {
        return new ChildSpec(
                BROKER,
                "768m",
                List.of(
                        "broker",
                        "--kafka-port",
                        "" + settings.kafkaPort(),
                        "--data-dir",
                        folder.kafka().toString(),
                        "--keep-data",
                        "true"),
                "");
    }

    /** What runs between broker and trainer, in order of start. */
    List<ChildSpec> middle() {
        List<ChildSpec> specs = new ArrayList<>();
        specs.add(engine());
        specs.add(producer());
        for (int i = 1; i <= settings.workers(); i++) {
            specs.add(worker(i));
        }
        specs.add(trainer());
        return specs;
    }

    private ChildSpec engine() {
        return new ChildSpec(
                ENGINE,
                "512m",
                List.of(
                        "engine",
                        "--engine-port",
                        "" + settings.enginePort(),
                        "--answers",
                        settings.dataset().toString(),
                        "--right-share",
                        "" + settings.rightShare(),
                        "--filler-median",
                        "" + settings.fillerMedianTokens(),
                        "--latency",
                        "w1",
                        "--mean-group-time",
                        Durations.format(settings.meanGroupTime()),
                        "--policy",
                        "" + settings.learn(),
                        "--engine-seed",
                        "" + settings.engineSeed(),
                        "--latency-seed",
                        "" + settings.engineSeed(),
                        "--max-running",
                        "" + ENGINE_ROOM),
                settings.engineUrl() + "/health");
    }

    private ChildSpec producer() {
        return new ChildSpec(
                PRODUCER,
                "384m",
                List.of(
                        "producer",
                        "--run",
                        settings.run().value(),
                        "--bootstrap",
                        settings.bootstrap(),
                        "--dataset",
                        settings.dataset().toString(),
                        "--batch-groups",
                        "" + settings.batchGroups(),
                        "--samples-per-group",
                        "" + settings.samplesPerGroup(),
                        "--pipeline-depth",
                        "" + settings.pipelineDepth(),
                        "--max-new-tokens",
                        "1024",
                        "--reward-type",
                        "dapo",
                        "--ops-port",
                        "" + settings.opsPort()),
                settings.producerUrl() + "/health/ready");
    }

    private ChildSpec worker(int number) {
        return new ChildSpec(
                "worker-" + DemoSettings.workerId(number),
                "512m",
                List.of(
                        "worker",
                        "--run",
                        settings.run().value(),
                        "--bootstrap",
                        settings.bootstrap(),
                        "--engine-url",
                        settings.engineUrl(),
                        "--slots",
                        "" + settings.slots(),
                        "--prefetch",
                        "" + Math.clamp(settings.slots() / (4 * settings.samplesPerGroup()), 2, 256),
                        "--worker-id",
                        DemoSettings.workerId(number),
                        "--ops-port",
                        "" + (settings.opsPort() + number)),
                settings.workerUrl(number) + "/health/ready");
    }

    private ChildSpec trainer() {
        return new ChildSpec(
                TRAINER,
                "768m",
                List.of(
                        "trainer",
                        "--run",
                        settings.run().value(),
                        "--bootstrap",
                        settings.bootstrap(),
                        "--batch-groups",
                        "" + settings.batchGroups(),
                        "--samples-per-group",
                        "" + settings.samplesPerGroup(),
                        "--pipeline-depth",
                        "" + settings.pipelineDepth(),
                        "--trainer-port",
                        "" + settings.trainerPort()),
                settings.trainerUrl() + "/v1/status");
    }

    ChildSpec simulatedTrainer() {
        return new ChildSpec(
                SIMULATED_TRAINER,
                "384m",
                List.of(
                        "simulated-trainer",
                        "--trainer-url",
                        settings.trainerUrl(),
                        "--steps",
                        "" + settings.steps(),
                        "--train-time",
                        Durations.format(settings.trainTime()),
                        "--batch-groups",
                        "" + settings.batchGroups(),
                        "--samples-per-group",
                        "" + settings.samplesPerGroup(),
                        "--engine-url",
                        settings.engineUrl(),
                        "--learn",
                        "" + settings.learn(),
                        "--weights-dir",
                        folder.weights().toString(),
                        "--report-file",
                        folder.trainerReport().toString()),
                "");
    }
}
