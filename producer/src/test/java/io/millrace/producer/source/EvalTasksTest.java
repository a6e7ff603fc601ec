package io.millrace.producer.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.common.record.Policy;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.producer.admission.EvalBookTest;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.load.DataSetException;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalTasksTest {
    private static final SamplingParams TRAINING =
            new SamplingParams(1.0, 0.9, 50, 64, List.of("\n\n"), List.of(2), false, Json.object());
    private static final Policy POLICY = new Policy(new Lineage(2), new WeightVersion(9), 320, Policy.State.READY, 1);

    @TempDir
    Path folder;

    private static EvalTasks tasks(int groupsMax, int taskBytesMax) {
        return new EvalTasks(
                new RowShape("prompt", "label", "metadata", ChatTemplate.CHATML),
                new RowLimits(1000, 100, 0, 4096),
                new EvalTasks.Defaults(TRAINING, "random", 60_000),
                new EvalTasks.Limits(groupsMax, taskBytesMax, 8_000));
    }

    private String file(String name, String... rows) throws Exception {
        return Files.writeString(folder.resolve(name), String.join("\n", rows)).toString();
    }

    private List<TrainingTask> issue(EvalTasks tasks, EvalRecord.Request request) throws DataSetException {
        return tasks.tasks(request, tasks.load(request, () -> false), new GroupIndex(100), POLICY, 1234);
    }

    @Test
    void everyRowIsAGroupWithTheDataSetsOwnSamplingAndTheRestAsInTraining() throws Exception {
        String a = file("a.jsonl", "{\"prompt\": \"p\", \"label\": \"1\", \"metadata\": {\"rm_type\": \"f1\"}}");
        String b = file("b.jsonl", "{\"prompt\": \"q\", \"label\": \"1\"}", "{\"prompt\": \"r\", \"label\": \"2\"}");
        List<TrainingTask> issue = issue(
                tasks(10, 4096),
                EvalBookTest.request(
                        "e",
                        9,
                        new EvalDataSet("a", a, 4, 1, null, 0.0, null, null, 512),
                        new EvalDataSet("b", b, 1, 1, "dapo", null, null, null, null)));
        assertEquals(3, issue.size());
        TrainingTask first = issue.getFirst();
        assertEquals(4, first.samples());
        assertEquals(0.0, first.samplingParams().temperature());
        assertEquals(512, first.samplingParams().maxNewTokens());
        assertEquals(0.9, first.samplingParams().topP());
        assertEquals(List.of("\n\n"), first.samplingParams().stop());
        assertEquals("f1", first.metadata().path("rm_type").asString(), "the row's own");
        TrainingTask last = issue.getLast();
        assertEquals(new GroupIndex(102), last.groupIndex());
        assertEquals("r", last.prompt().asText());
        assertEquals(TRAINING, last.samplingParams());
        assertEquals("dapo", last.metadata().path("rm_type").asString());
        assertEquals(60_000L, last.timeLimitMs());
    }

    @Test
    void moreGroupsThanAllowedAreRefusedWithoutReadingThemAll() throws Exception {
        String path = file("a.jsonl", "{\"prompt\": \"p\"}", "{\"prompt\": \"q\"}", "{\"prompt\": \"r\"}", "not read");
        EvalRecord.Request whole = EvalBookTest.request("e", 9, dataSet(path));
        DataSetException refused =
                assertThrows(DataSetException.class, () -> tasks(2, 4096).load(whole, () -> false));
        assertTrue(refused.getMessage().contains("at most 2 prompts (--eval-groups-max)"), refused.getMessage());
        assertEquals(
                2,
                issue(tasks(2, 4096), EvalBookTest.request("e", 9, dataSet(path + "@[1:3]")))
                        .size());
    }

    @Test
    void whatCannotBeReadOrIsTooLargeIsRefusedByName() throws Exception {
        assertRefused(
                "no.jsonl does not exist", dataSet(folder.resolve("no.jsonl").toString()), 4096);
        assertRefused("a.jsonl@[3:1]", dataSet("a.jsonl@[3:1]"), 4096);
        String large = file("large.jsonl", "{\"prompt\": \"" + "p".repeat(500) + "\"}");
        assertRefused("line 1 of data set " + large + " makes a task of", dataSet(large), 400);
    }

    @Test
    void rowsThatAreTooMuchAreRefusedWhileTheyAreReadWithoutHoldingThem() throws Exception {
        // Each within its limit; the file goes on for 90 MB that are never read, let alone held.
        Path file = folder.resolve("huge.jsonl");
        String rows = ("{\"prompt\": \"" + "p".repeat(900) + "\"}\n").repeat(1000);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < 100; i++) {
                out.write(rows);
            }
        }
        EvalRecord.Request request = EvalBookTest.request("e", 9, dataSet(file.toString()));
        String message = assertThrows(
                        DataSetException.class, () -> tasks(200_000, 4096).load(request, () -> false))
                .getMessage();
        assertTrue(message.contains("at most 8000 bytes (--eval-bytes-max"), message);
        assertTrue(message.contains("line 9 "), message);

        // And over several data sets together.
        String five = file("five.jsonl", rows.lines().limit(5).toArray(String[]::new));
        EvalRecord.Request two = EvalBookTest.request("e", 9, dataSet(five), dataSet("b", five));
        assertTrue(assertThrows(DataSetException.class, () -> tasks(10, 4096).load(two, () -> false))
                .getMessage()
                .contains("--eval-bytes-max"));
    }

    @Test
    void tasksThatAreTooMuchTogetherAreRefused() throws Exception {
        String row = "{\"prompt\": \"" + "p".repeat(900) + "\"}";
        String path = file("much.jsonl", row, row, row, row, row, row, row, row);
        assertRefused("at most 8000 bytes", dataSet(path), 4096);
        assertEquals(
                3,
                issue(tasks(10, 4096), EvalBookTest.request("e", 9, dataSet(path + "@[0:3]")))
                        .size());
    }

    private void assertRefused(String part, EvalDataSet dataSet, int taskBytesMax) {
        DataSetException refused = assertThrows(
                DataSetException.class, () -> issue(tasks(10, taskBytesMax), EvalBookTest.request("e", 9, dataSet)));
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }

    private static EvalDataSet dataSet(String path) {
        return dataSet("d", path);
    }

    private static EvalDataSet dataSet(String name, String path) {
        return new EvalDataSet(name, path, 1, 1, null, null, null, null, null);
    }

    @Test
    void whatNobodyWaitsForIsNotReadToItsEnd() throws Exception {
        String rows = file("rows.jsonl", "{\"prompt\": \"p\"}", "{\"prompt\": \"q\"}", "{\"prompt\": \"r\"}");
        EvalRecord.Request request =
                EvalBookTest.request("e", 9, new EvalDataSet("a", rows, 1, 1, null, null, null, null, null));
        int[] asked = new int[1];
        String cause = assertThrows(
                        DataSetException.class, () -> tasks(10, 4096).load(request, () -> ++asked[0] == 2))
                .getMessage();
        assertEquals("the reading was stopped at line 2", cause);
    }
}
