package io.millrace.producer.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetFiles;
import io.millrace.producer.source.load.DataSetLoader;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowShape;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskFactoryTest {
    private static final SamplingParams SAMPLING = SamplingParams.defaults(64);
    private static final Policy POLICY = new Policy(new Lineage(2), new WeightVersion(9), 320, Policy.State.READY, 1);

    @TempDir
    Path folder;

    private DataSet dataSet;

    @BeforeEach
    void load() throws Exception {
        String text = """
                {"prompt":"a","label":"1","metadata":{"rm_type":"math"}}
                nonsense
                {"prompt":[{"role":"user","content":"b \uD83D\uDE00"}],"metadata":{"x":[1.25,"\u00e9"]}}
                {"prompt":[7,8],"label":2.50}
                """;
        dataSet = DataSetLoader.load(
                DataSetFiles.write(folder.resolve("a.jsonl"), text),
                DataSetFiles.SHAPE,
                DataSetFiles.LENIENT,
                RowCheck.NONE);
    }

    @Test
    void aTaskIsTheFirstAttemptOfItsRowUnderThePolicy() {
        TaskFactory factory = new TaskFactory(dataSet, new PromptOrder(6, 3, false, 0), 8, SAMPLING, null, 60_000);
        assertEquals(
                new TrainingTask(
                        new GroupIndex(5),
                        new Attempt(1),
                        8,
                        new Lineage(2),
                        new WeightVersion(9),
                        1234,
                        new Prompt.TokenIds(new int[] {7, 8}),
                        "2.50",
                        Json.object(),
                        SAMPLING,
                        new TrainingTask.Source(dataSet.fingerprint(), 6, 1, 4),
                        60_000L,
                        null,
                        null),
                factory.task(new GroupIndex(5), POLICY, 1234));
    }

    @Test
    void everyKindOfTaskSurvivesTheTopic() throws Exception {
        TaskFactory factory = new TaskFactory(dataSet, new PromptOrder(6, 3, true, 0), 8, SAMPLING, null, 60_000);
        for (long group = 0; group < 3; group++) {
            TrainingTask task = factory.task(new GroupIndex(group), POLICY, 1234);
            assertEquals(task, ControlCodec.decode(ControlCodec.encode(task), TrainingTask.class));
        }
    }

    @Test
    void theRunsRewardGoesToRowsThatNameNone() throws Exception {
        String text = """
                {"prompt":"a","metadata":{"rm_type":"f1"}}
                {"prompt":"b","metadata":{"k":1}}
                """;
        DataSet rows = DataSetLoader.load(
                DataSetFiles.write(folder.resolve("rewards.jsonl"), text),
                DataSetFiles.SHAPE,
                DataSetFiles.LENIENT,
                RowCheck.NONE);
        TaskFactory factory = new TaskFactory(rows, new PromptOrder(6, 2, false, 0), 8, SAMPLING, "dapo", 60_000);
        assertEquals(
                Json.object().put("rm_type", "f1"),
                factory.task(new GroupIndex(0), POLICY, 1234).metadata());
        assertEquals(
                Json.object().put("k", 1).put("rm_type", "dapo"),
                factory.task(new GroupIndex(1), POLICY, 1234).metadata());
    }

    @Test
    void aRowsToolsAreInTheMetadata() throws Exception {
        String row = "{\"prompt\":\"a\",\"metadata\":{\"k\":1},\"tools\":[{\"name\":\"add\"}]}";
        DataSet rows = DataSetLoader.load(
                DataSetFiles.write(folder.resolve("tools.jsonl"), row + "\n"),
                new RowShape(RowForm.SLIME, ColumnNames.DEFAULTS, ChatTemplate.PLAIN, null),
                DataSetFiles.LENIENT,
                RowCheck.NONE);
        TaskFactory factory = new TaskFactory(rows, new PromptOrder(6, 1, false, 0), 8, SAMPLING, null, 60_000);
        assertEquals(
                Json.MAPPER.readTree("{\"k\":1,\"tools\":[{\"name\":\"add\"}]}"),
                factory.task(new GroupIndex(0), POLICY, 1234).metadata());
    }

    @Test
    void theSameGroupIsTheSameTask() {
        TaskFactory factory = new TaskFactory(dataSet, new PromptOrder(6, 3, true, 0), 8, SAMPLING, null, 60_000);
        assertEquals(
                factory.task(new GroupIndex(4), POLICY, 1234),
                new TaskFactory(dataSet, new PromptOrder(6, 3, true, 0), 8, SAMPLING, null, 60_000)
                        .task(new GroupIndex(4), POLICY, 1234));
    }

    /** Settings may change between two attempts; the group does not. */
    @Test
    void aReissueIsWhatItsTaskSaysWhateverIsSetNow() {
        TrainingTask before = new TaskFactory(dataSet, new PromptOrder(6, 3, false, 0), 8, SAMPLING, "random", 60_000)
                .task(new GroupIndex(5), POLICY, 1234);
        TaskFactory now = new TaskFactory(
                dataSet, new PromptOrder(7, 3, false, 0), 4, SamplingParams.defaults(9), "math", 420_000);
        Policy newer = new Policy(new Lineage(3), new WeightVersion(11), 400, Policy.State.READY, 1);
        AttemptHistory history = AttemptHistory.NONE;
        TrainingTask again = now.again(new GroupIndex(5), before, new Attempt(2), newer, 5678, history);
        assertEquals(before.prompt(), again.prompt());
        assertEquals(before.label(), again.label());
        assertEquals(before.metadata(), again.metadata());
        assertEquals(before.samples(), again.samples());
        assertEquals(before.samplingParams(), again.samplingParams());
        assertEquals(before.source(), again.source());
        assertEquals(new Attempt(2), again.attempt());
        assertEquals(newer.lineage(), again.lineage());
        assertEquals(newer.weightVersion(), again.issueVersion());
        assertEquals(420_000L, again.timeLimitMs(), "how long an attempt may take is as it is set now");
    }

    @Test
    void aGroupPastTheLastEpochIsRefused() {
        TaskFactory factory = new TaskFactory(dataSet, new PromptOrder(6, 3, true, 2), 8, SAMPLING, null, 60_000);
        factory.task(new GroupIndex(5), POLICY, 1234);
        assertThrows(IllegalArgumentException.class, () -> factory.task(new GroupIndex(6), POLICY, 1234));
    }

    @Test
    void anOrderOfAnotherSizeOrAGroupWithoutSamplesIsRefused() {
        PromptOrder other = new PromptOrder(6, 4, true, 0);
        assertThrows(IllegalArgumentException.class, () -> new TaskFactory(dataSet, other, 8, SAMPLING, null, 60_000));
        PromptOrder order = new PromptOrder(6, 3, true, 0);
        assertThrows(IllegalArgumentException.class, () -> new TaskFactory(dataSet, order, 0, SAMPLING, null, 60_000));
    }
}
