package io.millrace.sandbox.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.WorkersRecord.State;
import io.millrace.sandbox.trainer.TrainedStep;
import io.millrace.sandbox.trainer.WholeFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DemoReportTest {
    @TempDir
    Path folder;

    private DemoReport report(long queued, List<TrainedStep> steps) {
        return report(queued, 64, steps);
    }

    private DemoReport report(long queued, long trained, List<TrainedStep> steps) {
        Observation end = new Observation(
                Json.object()
                        .put("published", 100)
                        .put("queued", queued)
                        .put("in_flight", 20)
                        .put("finished", 6),
                Json.object()
                        .put("trained", trained)
                        .put("discarded", 2)
                        .put("abandoned", 1)
                        .put("duplicates_dropped", 3),
                Json.object(),
                List.of(
                        TestDemo.worker("w1", State.RUNNING, 64, 40, 900),
                        TestDemo.worker("w2", State.RUNNING, 64, 30, 900),
                        TestDemo.worker("w1", State.STOPPED, 0, 2, 100)),
                Map.of(),
                Map.of(),
                steps,
                60_000);
        JsonNode window = Json.object()
                .put("occupancy", 0.985)
                .put("samples_per_second", 133.5)
                .put("tokens_per_second", 20_000.0)
                .put("window_seconds", 30.0);
        JsonNode whole = Json.object().put("requests", 720).put("duplicates", 0);
        return new DemoReport(TestDemo.settings(folder), end, window, whole, 128, 41.5);
    }

    private static List<TrainedStep> goodSteps() {
        return List.of(TestDemo.step(0, 0.4, 0, true), TestDemo.step(1, 0.6, 0, true));
    }

    @Test
    void theReportHasTheKeysThatAreRelied() {
        Set<String> keys = new TreeSet<>(report(7, goodSteps()).json().propertyNames());
        assertTrue(
                keys.containsAll(Set.of(
                        "steps",
                        "groups_published",
                        "groups_trained",
                        "groups_discarded",
                        "groups_abandoned",
                        "duplicates_trained",
                        "duplicates_dropped",
                        "in_flight_at_end",
                        "slot_occupancy",
                        "step_wait_seconds",
                        "samples_per_second",
                        "tokens_per_second",
                        "reward_mean",
                        "batches_sorted",
                        "groups_per_worker",
                        "wall_seconds",
                        "slots_total",
                        "engine_requests",
                        "workload")),
                keys.toString());
    }

    @Test
    void figuresComeFromWhoCountedThem() throws Exception {
        Path file = folder.resolve("sub/report.json");
        WholeFile.writeJson(file, report(7, goodSteps()).json());
        JsonNode json = Json.MAPPER.readTree(Files.readAllBytes(file));
        assertEquals(2, json.path("steps").asInt());
        assertEquals(100, json.path("groups_published").asInt());
        assertEquals(64, json.path("groups_trained").asInt());
        assertEquals(33, json.path("in_flight_at_end").asInt());
        assertEquals(3, json.path("duplicates_dropped").asInt());
        assertEquals(0.985, json.path("slot_occupancy").asDouble());
        assertEquals("[0.25,0.25]", json.path("step_wait_seconds").toString());
        assertEquals("[0.4,0.6]", json.path("reward_mean").toString());
        assertTrue(json.path("batches_sorted").asBoolean());
        assertEquals("{\"w1\":42,\"w2\":30}", json.path("groups_per_worker").toString());
        assertEquals(720, json.path("engine_requests").asInt());
        assertEquals("2s", json.path("workload").path("mean_group_time").stringValue());
    }

    @Test
    void everyPublishedGroupIsAccountedFor() {
        assertTrue(report(7, goodSteps()).accountsAgree());
        DemoReport lost = report(6, goodSteps());
        assertFalse(lost.accountsAgree());
        assertTrue(lost.summary().getLast().startsWith("the accounts do not agree: 100 published"));
    }

    /** 72 by the workers' statuses. */
    @Test
    void aReportWhoseWorkersHaveNotToldOfAllIsNotComplete() {
        assertTrue(report(7, goodSteps()).isComplete());
        assertFalse(report(6, goodSteps()).isComplete());
        assertTrue(report(-1, 72, goodSteps()).isComplete());
        assertFalse(report(-2, 73, goodSteps()).isComplete());
    }

    @Test
    void badBatchesAreToldWithTheirStep() {
        DemoReport report =
                report(7, List.of(TestDemo.step(0, 0.4, 0, true), TestDemo.step(1, 0.6, 2, false, "group 3 twice")));
        JsonNode json = report.json();
        assertEquals(2, json.path("duplicates_trained").asInt());
        assertFalse(json.path("batches_sorted").asBoolean());
        assertEquals("[\"step 1: group 3 twice\"]", json.path("batch_problems").toString());
        assertTrue(report.summary().contains("1 of 2 batches were bad; the report says what was wrong"));
    }
}
