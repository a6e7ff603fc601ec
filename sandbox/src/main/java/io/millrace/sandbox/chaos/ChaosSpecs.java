package io.millrace.sandbox.chaos;

import io.millrace.common.config.Durations;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.DataFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The command line of every process of a chaos run. Pure. */
final class ChaosSpecs {
    /** Processes are started often and live shortly: the second compiler costs more than it gives. */
    private static final List<String> JVM_OPTIONS = List.of("-XX:TieredStopAtLevel=1");

    /** What the trainer consumer drops. */
    static final Set<String> FILTERS = Set.of("zero-std");

    private final ChaosSettings settings;
    private final DataFolder folder;
    private final ChaosPorts ports;

    ChaosSpecs(ChaosSettings settings, DataFolder folder) {
        this.settings = settings;
        this.folder = folder;
        this.ports = new ChaosPorts(settings.basePort());
    }

    /** @param groupsMax of the producer; 0 for no end */
    ChildSpec of(Role role, int instance, long groupsMax) {
        return switch (role) {
            case BROKER -> broker(instance);
            case ENGINE -> engine(instance);
            case PRODUCER -> producer(groupsMax);
            case WORKER -> worker(instance);
            case TRAINER -> trainer();
            case SIMULATED_TRAINER -> simulatedTrainer();
        };
    }

    static String name(Role role, int instance) {
        return role.word() + "-" + (instance + 1);
    }

    static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    Path journal() {
        return folder.logs().resolve("journal.jsonl");
    }

    /** Where a broker keeps its data. */
    Path brokerData(int instance) {
        return folder.kafka().resolve("node-" + (instance + 1));
    }

    /** What the producer reads. */
    Path dataset() {
        return folder.logs().resolve("prompts.jsonl");
    }

    List<Path> engineLedgers() {
        return IntStream.range(0, settings.engines())
                .mapToObj(this::engineLedger)
                .toList();
    }

    private Path engineLedger(int instance) {
        return folder.logs().resolve(name(Role.ENGINE, instance) + "-ledger.jsonl");
    }

    /** Past the proxies. */
    String directBootstrap() {
        return IntStream.range(0, settings.brokers())
                .mapToObj(instance -> "127.0.0.1:" + ports.broker(instance))
                .collect(Collectors.joining(","));
    }

    /** {@code millrace audit} of the run, past the proxies. */
    ChildSpec audit() {
        List<String> arguments = new ArrayList<>(List.of("audit"));
        add(arguments, "--run", settings.run().value());
        add(arguments, "--bootstrap", directBootstrap());
        add(arguments, "--json", "true");
        return new ChildSpec("audit", "256m", JVM_OPTIONS, arguments, "");
    }

    private String bootstrap(Role role, int instance) {
        return settings.brokers() == 1 ? "127.0.0.1:" + ports.brokerProxy(role, instance) : directBootstrap();
    }

    private static void add(List<String> arguments, String flag, Object value) {
        arguments.add(flag);
        arguments.add(value.toString());
    }

    private ChildSpec broker(int instance) {
        List<String> arguments = new ArrayList<>(List.of("broker"));
        add(arguments, "--kafka-port", ports.broker(instance));
        add(arguments, "--node-id", instance + 1);
        add(arguments, "--data-dir", brokerData(instance));
        add(arguments, "--keep-data", "true");
        if (settings.brokers() > 1) {
            for (int i = 0; i < settings.brokers(); i++) {
                add(arguments, "--quorum", (i + 1) + "@127.0.0.1:" + ports.controller(i));
            }
        } else {
            proxied(arguments, Role.PRODUCER, 0);
            proxied(arguments, Role.TRAINER, 0);
            for (int i = 0; i < settings.workers(); i++) {
                proxied(arguments, Role.WORKER, i);
            }
        }
        return new ChildSpec(name(Role.BROKER, instance), "512m", JVM_OPTIONS, arguments, "");
    }

    private void proxied(List<String> arguments, Role role, int instance) {
        add(
                arguments,
                "--proxied-listener",
                ports.brokerListener(role, instance) + ":" + ports.brokerProxy(role, instance));
    }

    private ChildSpec engine(int instance) {
        List<String> arguments = new ArrayList<>(List.of("engine"));
        add(arguments, "--engine-port", ports.engine(instance));
        add(arguments, "--answers", settings.dataset());
        add(arguments, "--latency", "w1");
        add(arguments, "--mean-group-time", Durations.format(settings.meanGroupTime()));
        add(arguments, "--filler-median", settings.fillerMedianTokens());
        // Below it a prompt is answered; that of a poisoned row is longer, and refused each time.
        add(arguments, "--context-length", PoisonedDataset.CONTEXT_TOKENS);
        add(arguments, "--max-running", 4096);
        add(arguments, "--ledger-file", engineLedger(instance));
        return new ChildSpec(
                name(Role.ENGINE, instance), "256m", JVM_OPTIONS, arguments, url(ports.engine(instance)) + "/health");
    }

    private List<String> client(String command, Role role, int instance) {
        List<String> arguments = new ArrayList<>(List.of(command));
        add(arguments, "--run", settings.run().value());
        add(arguments, "--bootstrap", bootstrap(role, instance));
        add(arguments, "--replication-factor", settings.brokers());
        // So small that most groups come in parts.
        add(arguments, "--record-size-max", "64KiB");
        return arguments;
    }

    private ChildSpec producer(long groupsMax) {
        List<String> arguments = client("producer", Role.PRODUCER, 0);
        add(arguments, "--dataset", dataset());
        add(arguments, "--batch-groups", settings.batchGroups());
        add(arguments, "--samples-per-group", settings.samplesPerGroup());
        add(arguments, "--pipeline-depth", settings.pipelineDepth());
        add(arguments, "--reward-type", "dapo");
        add(arguments, "--groups-max", groupsMax);
        add(arguments, "--ops-port", ports.ops(Role.PRODUCER, 0));
        return new ChildSpec(
                name(Role.PRODUCER, 0),
                "256m",
                JVM_OPTIONS,
                arguments,
                url(ports.ops(Role.PRODUCER, 0)) + "/health/ready");
    }

    private ChildSpec worker(int instance) {
        List<String> arguments = client("worker", Role.WORKER, instance);
        for (int i = 0; i < settings.engines(); i++) {
            add(arguments, "--engine-url", url(ports.engineProxy(i)));
        }
        add(arguments, "--slots", settings.slots());
        // Both ways of stopping are to be seen.
        add(arguments, "--stop-mode", instance % 2 == 0 ? "drain" : "hand-back");
        add(arguments, "--drain-timeout", "5s");
        add(arguments, "--worker-id", "w" + (instance + 1));
        add(arguments, "--ops-port", ports.ops(Role.WORKER, instance));
        return new ChildSpec(
                name(Role.WORKER, instance),
                "256m",
                JVM_OPTIONS,
                arguments,
                url(ports.ops(Role.WORKER, instance)) + "/health/ready");
    }

    private ChildSpec trainer() {
        List<String> arguments = client("trainer", Role.TRAINER, 0);
        add(arguments, "--batch-groups", settings.batchGroups());
        add(arguments, "--samples-per-group", settings.samplesPerGroup());
        add(arguments, "--pipeline-depth", settings.pipelineDepth());
        FILTERS.forEach(filter -> add(arguments, "--filter", filter));
        if (settings.evalInterval() > 0) {
            add(arguments, "--eval-interval", settings.evalInterval());
            add(arguments, "--eval-dataset", "held-out=" + settings.dataset().toAbsolutePath() + "@[0:6]");
            add(arguments, "--eval-samples", 2);
        }
        add(arguments, "--trainer-port", ports.trainer());
        return new ChildSpec(
                name(Role.TRAINER, 0), "384m", JVM_OPTIONS, arguments, url(ports.trainer()) + "/v1/status");
    }

    private ChildSpec simulatedTrainer() {
        List<String> arguments = new ArrayList<>(List.of("simulated-trainer"));
        add(arguments, "--trainer-url", url(ports.trainerProxy()));
        add(arguments, "--steps", 0);
        add(arguments, "--train-time", Durations.format(settings.trainTime()));
        add(arguments, "--batch-groups", settings.batchGroups());
        add(arguments, "--samples-per-group", settings.samplesPerGroup());
        for (int i = 0; i < settings.engines(); i++) {
            add(arguments, "--engine-url", url(ports.engine(i)));
        }
        add(arguments, "--pause-on-update", "true");
        add(arguments, "--journal-file", journal());
        // Whatever is away comes back; the run has limits of its own.
        add(arguments, "--retry-limit", "1h");
        return new ChildSpec(name(Role.SIMULATED_TRAINER, 0), "192m", JVM_OPTIONS, arguments, "");
    }
}
