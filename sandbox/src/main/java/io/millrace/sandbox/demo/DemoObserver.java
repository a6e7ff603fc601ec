package io.millrace.sandbox.demo;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.cluster.WorkerStatuses;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.cluster.StatusProbe;
import io.millrace.sandbox.trainer.TrainedStep;
import io.millrace.sandbox.trainer.TrainerReport;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Asks the processes, the {@code workers} topic and the simulated trainer's report. One owner. */
final class DemoObserver implements AutoCloseable {
    /** Rates on the screen are over this long. */
    private static final long RATE_WINDOW_MS = 5_000;

    /** What every ledger says; an engine that keeps none answers otherwise. */
    private static final String OCCUPANCY = "occupancy";

    private static final int RECORD_BYTES = 16 << 20;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final DemoSettings settings;
    private final DataFolder folder;
    private final StatusProbe probe;
    private final WallClock clock;
    private final long startedAtMs;
    private final KafkaClients clients;
    private final WorkerStatuses workers = new WorkerStatuses();
    private @Nullable TopicTail workersTail;
    private Observation last;

    DemoObserver(DemoSettings settings, DataFolder folder, StatusProbe probe, WallClock clock) {
        this.settings = settings;
        this.folder = folder;
        this.probe = probe;
        this.clock = clock;
        this.startedAtMs = clock.millis();
        this.clients = new KafkaClients(new KafkaSettings(settings.bootstrap(), Map.of()), RECORD_BYTES);
        this.last = Observation.none(startedAtMs);
    }

    long startedAtMs() {
        return startedAtMs;
    }

    long elapsedMs() {
        return clock.millis() - startedAtMs;
    }

    /** Whether the broker answers. */
    boolean brokerAnswers() throws InterruptedException {
        try (Admin admin = clients.admin("millrace-demo")) {
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(2_000))
                    .nodes()
                    .get();
            return true;
        } catch (java.util.concurrent.ExecutionException e) {
            return false;
        }
    }

    /** What was seen last. */
    Observation last() {
        return last;
    }

    /** Asks all; whoever does not answer keeps his last answer. Needs the run's topics. */
    Observation observe() throws Exception {
        TopicTail tail = workersTail;
        if (tail == null) {
            tail = new TopicTail(clients.follower("millrace-demo"));
            workersTail = tail;
            tail.follow(List.of(new RunTopics(settings.run().run()).workers()), LIMIT);
        }
        try {
            tail.poll(Duration.ofMillis(20), workers::accept);
        } catch (TruncatedLogException e) {
            // What is shown goes on with what the topic holds now.
            tail.follow(List.of(new RunTopics(settings.run().run()).workers()), LIMIT);
        }
        long nowMs = clock.millis();
        // A kept run has the workers of earlier demos on its topic.
        List<WorkerStatuses.Seen> seen = workers.all().stream()
                .filter(worker -> worker.timestampMs() >= startedAtMs)
                .toList();
        long slots = seen.stream()
                .filter(worker -> worker.live(nowMs))
                .mapToLong(worker -> worker.status().slots())
                .sum();
        Map<String, JsonNode> health = new HashMap<>();
        Map<String, JsonNode> held = new HashMap<>();
        for (int i = 1; i <= settings.run().workers(); i++) {
            String id = DemoSettings.workerId(i);
            probe.json(ClusterSpec.url(settings.opsPort() + i) + "/health/ready")
                    .ifPresent(answer -> health.put(id, answer));
            probe.json(ClusterSpec.url(settings.opsPort() + i) + "/status")
                    .filter(answer -> answer.has("groups"))
                    .ifPresent(answer -> held.put(id, answer));
        }
        last = new Observation(
                probe.json(ClusterSpec.url(settings.opsPort()) + "/status").orElse(last.producer()),
                probe.json(ClusterSpec.url(settings.trainerPort()) + "/v1/status")
                        .orElse(last.trainer()),
                ledger(Math.max(startedAtMs, nowMs - RATE_WINDOW_MS), nowMs, Math.max(1, slots))
                        .orElse(last.engine()),
                seen,
                health,
                held,
                steps(),
                nowMs);
        return last;
    }

    /** The engine's ledger over a window; none of an engine that keeps none. */
    Optional<JsonNode> ledger(long fromMs, long toMs, long slots) throws InterruptedException {
        return probe.json(settings.engineUrl() + "/admin/ledger/summary?from_ms=" + fromMs + "&to_ms=" + toMs
                        + "&slots=" + slots)
                .filter(answer -> answer.has(OCCUPANCY));
    }

    private List<TrainedStep> steps() throws IOException {
        return TrainerReport.read(folder.trainerReport())
                .map(TrainerReport::steps)
                .orElse(List.of());
    }

    @Override
    public void close() {
        TopicTail tail = workersTail;
        if (tail != null) {
            tail.close();
        }
    }
}
