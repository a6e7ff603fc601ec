package io.millrace.sandbox.demo;

import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.WorkersRecord;
import io.millrace.ops.cluster.WorkerStatuses;
import io.millrace.sandbox.trainer.TrainedStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Settings, workers and steps for the demo's tests. */
final class TestDemo {
    private TestDemo() {}

    static DemoSettings settings(Path dataDir) {
        return new DemoSettings(
                20,
                false,
                new RunId("demo"),
                2,
                64,
                32,
                8,
                1,
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                1,
                0.5,
                64,
                Path.of("data.jsonl"),
                9092,
                30000,
                9400,
                9410,
                dataDir,
                false,
                null,
                Duration.ofSeconds(2),
                true);
    }

    static WorkerStatuses.Seen worker(String id, WorkersRecord.State state, int inUse, long finished, long atMs) {
        WorkersRecord.Status status = new WorkersRecord.Status(
                new WorkerIncarnation(id, "i"),
                1,
                state,
                atMs,
                64,
                inUse,
                List.of(),
                List.of(),
                finished,
                0,
                8 * finished,
                0);
        return new WorkerStatuses.Seen(status, atMs);
    }

    static TrainedStep step(long step, double reward, int duplicates, boolean sorted, String... problems) {
        return new TrainedStep(
                0,
                step,
                step,
                step + 1,
                0.25,
                1_000,
                2_000,
                List.of(step),
                8,
                reward,
                100,
                0,
                sorted,
                true,
                duplicates,
                List.of(problems));
    }
}
