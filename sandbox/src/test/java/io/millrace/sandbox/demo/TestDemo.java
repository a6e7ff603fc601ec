package io.millrace.sandbox.demo;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.WorkersRecord;
import io.millrace.ops.cluster.WorkerStatuses;
import io.millrace.sandbox.trainer.TrainedStep;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Settings, workers and steps for the demo's tests. */
final class TestDemo {
    private TestDemo() {}

    static DemoSettings settings(Path dataDir) {
        return SettingsBinder.of(
                DemoSettings.class,
                Map.of("train-time", "500ms", "mean-group-time", "2s", "data-dir", dataDir.toString()));
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
                800 * finished);
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
                new TrainedStep.Verdict(List.of(step), 8, reward, 100, 0, sorted, true, duplicates, List.of(problems)));
    }
}
