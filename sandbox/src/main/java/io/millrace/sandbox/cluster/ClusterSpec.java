package io.millrace.sandbox.cluster;

import java.nio.file.Path;
import java.util.List;

/**
 * The command line of every process of a cluster, as far as all kinds of run have it alike; the one place that knows the
 * processes' flags. Pure.
 */
public record ClusterSpec(ClusterSettings settings) {
    public static final String SIMULATED_TRAINER = "simulated-trainer";

    /** Requests an engine runs at once: more than any worker can ask for. */
    private static final int ENGINE_ROOM = 8192;

    /**
     * Whose work a process does, and how it finds the brokers.
     *
     * @param bootstrap host:port, comma separated
     * @param pipelineDepth weight versions that generation may run ahead
     */
    public record Client(String run, String bootstrap, int pipelineDepth) {
        private ChildSpec of(String command, String heap, String readyUrl) {
            return new ChildSpec(command, heap, readyUrl).with("--run", run).with("--bootstrap", bootstrap);
        }
    }

    /** Of a port of this machine. */
    public static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    public ChildSpec broker(int port, Path data) {
        return new ChildSpec("broker", "768m", "")
                .with("--kafka-port", port)
                .with("--data-dir", data)
                .with("--keep-data", true);
    }

    /** The same seeds each time, so that each run meets the same answers. */
    public ChildSpec engine(int port) {
        return new ChildSpec("engine", "512m", url(port) + "/health")
                .with("--engine-port", port)
                .with("--answers", settings.dataset())
                .with("--filler-median", settings.fillerMedianTokens())
                .with("--max-running", ENGINE_ROOM);
    }

    public ChildSpec producer(Client client, Path dataset, int opsPort) {
        return batch(client, client.of("producer", "384m", url(opsPort) + "/health/ready"))
                .with("--dataset", dataset)
                .with("--ops-port", opsPort);
    }

    public ChildSpec worker(Client client, String workerId, List<String> engineUrls, int opsPort) {
        ChildSpec spec = client.of("worker", "512m", url(opsPort) + "/health/ready");
        for (String engineUrl : engineUrls) {
            spec = spec.with("--engine-url", engineUrl);
        }
        return spec.named("worker-" + workerId)
                .with("--slots", settings.slots())
                .with("--worker-id", workerId)
                .with("--ops-port", opsPort);
    }

    public ChildSpec trainer(Client client, int port) {
        return batch(client, client.of("trainer", "768m", url(port) + "/v1/status"))
                .with("--trainer-port", port);
    }

    /** @param steps 0 for until stopped */
    public ChildSpec simulatedTrainer(String trainerUrl, List<String> engineUrls, long steps) {
        ChildSpec spec = size(new ChildSpec(SIMULATED_TRAINER, "384m", ""))
                .with("--trainer-url", trainerUrl)
                .with("--train-time", settings.step().trainTime())
                .with("--steps", steps);
        for (String engineUrl : engineUrls) {
            spec = spec.with("--engine-url", engineUrl);
        }
        return spec;
    }

    private ChildSpec batch(Client client, ChildSpec spec) {
        return size(spec).with("--pipeline-depth", client.pipelineDepth());
    }

    private ChildSpec size(ChildSpec spec) {
        return spec.with("--batch-groups", settings.step().batchGroups())
                .with("--samples-per-group", settings.step().samplesPerGroup());
    }
}
