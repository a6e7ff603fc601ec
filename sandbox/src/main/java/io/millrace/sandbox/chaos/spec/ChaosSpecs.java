package io.millrace.sandbox.chaos.spec;

import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.DataFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The command line of every process of a chaos run. Pure. */
public final class ChaosSpecs {
    /** Processes are started often and live shortly: the second compiler costs more than it gives. */
    private static final List<String> JVM_OPTIONS = List.of("-XX:TieredStopAtLevel=1");

    /** What the trainer consumer drops. */
    static final Set<String> FILTERS = Set.of("zero-std");

    private final ChaosSettings settings;
    private final DataFolder folder;
    private final ChaosPorts ports;
    private final ClusterSpec cluster;

    public ChaosSpecs(ChaosSettings settings, DataFolder folder) {
        this.settings = settings;
        this.folder = folder;
        this.ports = new ChaosPorts(settings.basePort());
        this.cluster = new ClusterSpec(settings.cluster());
    }

    /** @param groupsMax of the producer; 0 for no end */
    public ChildSpec of(Role role, int instance, long groupsMax) {
        ChildSpec spec = switch (role) {
            case BROKER -> broker(instance);
            case ENGINE -> engine(instance);
            case PRODUCER -> producer(groupsMax);
            case WORKER -> worker(instance);
            case TRAINER -> trainer();
            case SIMULATED_TRAINER -> simulatedTrainer();
        };
        return spec.named(name(role, instance)).withJvmOptions(JVM_OPTIONS);
    }

    public static String name(Role role, int instance) {
        return role.word() + "-" + (instance + 1);
    }

    public Path journal() {
        return folder.logs().resolve("journal.jsonl");
    }

    /** Where a broker keeps its data. */
    public Path brokerData(int instance) {
        return folder.kafka().resolve("node-" + (instance + 1));
    }

    /** What the producer reads. */
    public Path dataset() {
        return folder.logs().resolve("prompts.jsonl");
    }

    public List<Path> engineLedgers() {
        return engines().mapToObj(this::engineLedger).toList();
    }

    private IntStream engines() {
        return IntStream.range(0, settings.engines());
    }

    private Path engineLedger(int instance) {
        return folder.logs().resolve(name(Role.ENGINE, instance) + "-ledger.jsonl");
    }

    /** Past the proxies. */
    public String directBootstrap() {
        return IntStream.range(0, settings.brokers())
                .mapToObj(instance -> "127.0.0.1:" + ports.broker(instance))
                .collect(Collectors.joining(","));
    }

    /** {@code millrace audit} of the run, past the proxies. */
    public ChildSpec audit() {
        return new ChildSpec("audit", "256m", "")
                .withJvmOptions(JVM_OPTIONS)
                .with("--run", settings.run().run())
                .with("--bootstrap", directBootstrap())
                .with("--json", true);
    }

    private ClusterSpec.Client client(Role role, int instance) {
        String bootstrap =
                settings.brokers() == 1 ? "127.0.0.1:" + ports.brokerProxy(role, instance) : directBootstrap();
        return new ClusterSpec.Client(
                settings.run().run().value(), bootstrap, settings.run().pipelineDepth());
    }

    private ChildSpec broker(int instance) {
        ChildSpec spec = cluster.broker(ports.broker(instance), brokerData(instance))
                .withHeap("512m")
                .with("--node-id", instance + 1);
        if (settings.brokers() > 1) {
            for (int i = 0; i < settings.brokers(); i++) {
                spec = spec.with("--quorum", (i + 1) + "@127.0.0.1:" + ports.controller(i));
            }
            return spec;
        }
        spec = proxied(proxied(spec, Role.PRODUCER, 0), Role.TRAINER, 0);
        for (int i = 0; i < settings.run().workers(); i++) {
            spec = proxied(spec, Role.WORKER, i);
        }
        return spec;
    }

    private ChildSpec proxied(ChildSpec spec, Role role, int instance) {
        return spec.with(
                "--proxied-listener", ports.brokerListener(role, instance) + ":" + ports.brokerProxy(role, instance));
    }

    private ChildSpec engine(int instance) {
        return cluster.engine(ports.engine(instance))
                .withHeap("256m")
                .with("--latency", "w1")
                .with("--mean-group-time", settings.run().meanGroupTime())
                // Below it a prompt is answered; that of a poisoned row is longer, and refused each time.
                .with("--context-length", PoisonedDataset.CONTEXT_TOKENS)
                .with("--ledger-file", engineLedger(instance));
    }

    /** @param spec of a client of the brokers */
    private ChildSpec topics(ChildSpec spec) {
        // So small that most groups come in parts.
        return spec.with("--replication-factor", settings.brokers()).with("--record-size-max", "64KiB");
    }

    private ChildSpec producer(long groupsMax) {
        return topics(cluster.producer(client(Role.PRODUCER, 0), dataset(), ports.ops(Role.PRODUCER, 0))
                        .with("--reward-type", "dapo"))
                .withHeap("256m")
                .with("--groups-max", groupsMax);
    }

    private ChildSpec worker(int instance) {
        List<String> engineUrls =
                engines().mapToObj(i -> ClusterSpec.url(ports.engineProxy(i))).toList();
        return topics(cluster.worker(
                        client(Role.WORKER, instance),
                        "w" + (instance + 1),
                        engineUrls,
                        ports.ops(Role.WORKER, instance)))
                .withHeap("256m")
                // Both ways of stopping are to be seen.
                .with("--stop-mode", instance % 2 == 0 ? "drain" : "hand-back")
                .with("--drain-timeout", "5s");
    }

    private ChildSpec trainer() {
        ChildSpec spec = topics(cluster.trainer(client(Role.TRAINER, 0), ports.trainer()))
                .withHeap("384m");
        for (String filter : FILTERS) {
            spec = spec.with("--filter", filter);
        }
        return settings.evalInterval() == 0
                ? spec
                : spec.with("--eval-interval", settings.evalInterval())
                        .with(
                                "--eval-dataset",
                                "held-out=" + settings.cluster().dataset().toAbsolutePath() + "@[0:6]")
                        .with("--eval-samples", 2);
    }

    private ChildSpec simulatedTrainer() {
        List<String> engineUrls =
                engines().mapToObj(i -> ClusterSpec.url(ports.engine(i))).toList();
        return cluster.simulatedTrainer(ClusterSpec.url(ports.trainerProxy()), engineUrls, 0)
                .withHeap("192m")
                .with("--pause-on-update", true)
                .with("--journal-file", journal())
                // Whatever is away comes back; the run has limits of its own.
                .with("--retry-limit", "1h");
    }
}
