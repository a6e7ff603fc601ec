package io.millrace.it;

import static io.millrace.it.ProducerRun.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group is what its first task says, whatever the producer that issues it again is set to. */
class ReissueTest {
    private static final WorkerIncarnation WORKER = new WorkerIncarnation("w", "7");

    @TempDir
    Path folder;

    private final ProducerRun run = new ProducerRun();

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private void fail(long index, int attempt) throws Exception {
        run.write(
                run.topics.receipts(GroupKind.TRAINING),
                Long.toString(index),
                new Receipt(
                        new GroupIndex(index),
                        new Attempt(attempt),
                        WORKER,
                        2,
                        10,
                        20,
                        30,
                        new Receipt.Failure("engine-rejected", "x")));
    }

    @Test
    void aReissueCarriesTheFirstTaskAfterARestartWithOtherSettings() throws Exception {
        Path dataSet = ProducerRun.dataSet(folder, "q", 40);
        ProducerRun.Started first =
                run.start(dataSet, Map.of("temperature", "0.7", "max-new-tokens", "64", "reward-type", "math"));
        await("8 groups are issued", () -> run.committed().size() == 8);
        first.stop();
        run.start(
                dataSet,
                Map.of(
                        "temperature", "0.1",
                        "max-new-tokens", "9",
                        "reward-type", "random",
                        "max-attempts", "3",
                        "task-deadline", "7m"));
        for (long index : new long[] {1, 6}) {
            fail(index, 1);
        }
        await("both are issued again", () -> run.urgent().size() == 2);
        fail(6, 2);
        await("one once more", () -> run.urgent().size() == 3);
        fail(6, 3);
        await("which is given up", () -> run.deadLetters().size() == 1);

        Map<Long, TrainingTask> issued = new HashMap<>();
        run.committed().forEach(task -> issued.put(task.groupIndex().value(), task));
        for (TrainingTask again : run.urgent()) {
            TrainingTask before = issued.get(again.groupIndex().value());
            assertEquals(0.7, again.samplingParams().temperature(), again::toString);
            assertEquals(before.samplingParams(), again.samplingParams());
            assertEquals(before.prompt(), again.prompt());
            assertEquals(before.label(), again.label());
            assertEquals(before.metadata(), again.metadata());
            assertEquals(before.source(), again.source());
            assertEquals(420_000L, again.timeLimitMs(), "how long an attempt may take is as it is set now");
        }
        DeadLetter.Group letter = (DeadLetter.Group) run.deadLetters().getFirst();
        assertEquals(0.7, letter.task().samplingParams().temperature());
        assertEquals(new Attempt(3), letter.task().attempt());
    }
}
