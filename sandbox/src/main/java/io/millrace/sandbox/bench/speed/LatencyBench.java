package io.millrace.sandbox.bench.speed;

import io.millrace.common.rollout.RolloutGroup;
import io.millrace.worker.publish.ResultPublisher;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/** From a worker's publish to a trainer's lease of the step of this one group, at a steady pace. */
final class LatencyBench {
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(30);
    private static final int WAIT_MS = 20_000;

    private final SpeedBenchSettings settings;

    LatencyBench(SpeedBenchSettings settings) {
        this.settings = settings;
    }

    /** @param pace groups a second */
    void run(int tokens, int pace, Measured measured) throws Exception {
        int count = Math.max(6, pace * settings.seconds());
        measured.rounds(
                "completed to leased 8 x " + tokens + ", " + pace + " groups/s",
                () -> new BenchRun(settings.kafka()),
                run -> List.of(new Measured.Arm("millrace", () -> {
                    double[] ms = round(run, tokens, pace, count);
                    Map<String, Double> figures = new LinkedHashMap<>();
                    figures.put("p50_ms", Measured.quantile(ms, 0.5));
                    figures.put("p99_ms", Measured.quantile(ms, 0.99));
                    return figures;
                })));
    }

    private static double[] round(BenchRun run, int tokens, int pace, int count) throws Exception {
        try (TrainerInHere trainer = new TrainerInHere(run.trainer(Map.of("batch-groups", "1")))) {
            List<RolloutGroup> groups = Workload.groups(run.run, tokens);
            AtomicLongArray published = new AtomicLongArray(count);
            ResultPublisher publisher = run.publisher((who, cause) -> {});
            Thread worker = Thread.ofPlatform().name("bench-worker").unstarted(() -> {
                long began = System.nanoTime();
                for (int i = 0; i < count; i++) {
                    RolloutGroup group = Workload.numbered(groups, i);
                    long due = began + i * 1_000_000_000L / pace;
                    while (System.nanoTime() < due) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                    published.set(i, System.nanoTime());
                    publisher.publish(run.ended(group), group, () -> {});
                }
            });
            worker.start();
            double[] ms = new double[count];
            for (int i = 0; i < count; i++) {
                JsonNode lease = trainer.lease(WAIT_MS);
                long now = System.nanoTime();
                int index = lease.path("group_indices").path(0).intValue();
                ms[i] = (now - published.get(index)) / 1e6;
                trainer.acknowledge(lease);
            }
            worker.join();
            publisher.close(CLOSE_LIMIT);
            // The first ones open connections.
            return Arrays.copyOfRange(ms, count / 6, count);
        }
    }
}
