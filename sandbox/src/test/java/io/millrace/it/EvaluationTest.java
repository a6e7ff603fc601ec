package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.Lane;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Evaluations while a run trains: producer, workers, engine and trainer consumer as they are, a broker, a trainer. */
class EvaluationTest {
    @TempDir
    Path folder;

    private WholeRun run;

    @BeforeEach
    void begin() {
        run = new WholeRun(Map.of("batch-groups", "4", "samples-per-group", "2", "max-staleness", "1000"));
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private Path dataSet(String question, int rows) throws Exception {
        return ProducerRun.dataSet(folder, question, rows);
    }

    private WholeRun.Part producer() throws Exception {
        return run.producer(Map.of(
                "dataset", dataSet("Train ", 50).toString(),
                "worker-timeout", "5s",
                "max-new-tokens", "64",
                "reward-type", "random",
                "trim-interval", "100ms"));
    }

    private static ObjectNode asked(String id, ObjectNode... dataSets) {
        ObjectNode body = Json.object();
        body.put("eval_id", id);
        List.of(dataSets).forEach(body.putArray("data_sets")::add);
        return body;
    }

    private static ObjectNode dataSet(String name, Path path, int samples) {
        ObjectNode dataSet = Json.object();
        dataSet.put("name", name);
        dataSet.put("path", path.toString());
        dataSet.put("samples", samples);
        dataSet.put("pass_reward", 0.5);
        return dataSet;
    }

    /** Trains until the evaluation has ended; the batches. */
    private static List<JsonNode> trainUntilEnded(TrainerProcess trainer, String id) throws Exception {
        List<JsonNode> batches = new ArrayList<>();
        Await.until(
                "evaluation " + id + " to end",
                () -> {
                    batches.add(WholeRun.train(trainer));
                    return hasEnded(trainer, id);
                },
                WholeRun.LIMIT);
        return batches;
    }

    private static boolean hasEnded(TrainerProcess trainer, String id) throws Exception {
        String state =
                assertOk(trainer.get("/v1/evaluations/" + id)).path("state").asString();
        return !state.equals("waiting") && !state.equals("running");
    }

    private static void awaitEnd(TrainerProcess trainer, String id) throws Exception {
        Await.until("evaluation " + id + " to end", () -> hasEnded(trainer, id), WholeRun.LIMIT);
    }

    /** Of every group of evaluations that was finished, by its prompt. */
    private List<GroupHeader> results() throws Exception {
        List<GroupHeader> headers = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        for (ConsumerRecord<byte[], byte[]> record : run.records(run.topics.results(GroupKind.EVALUATION))) {
            if (ResultHeaders.readType(record.headers()) == ResultHeaders.Type.GROUP) {
                GroupHeader header = RolloutGroupCodec.decodeHeader(record.value());
                if (seen.add(header.groupIndex().value())) {
                    headers.add(header);
                }
            }
        }
        return headers;
    }

    private <T extends EvalRecord> List<T> evals(Class<T> type) throws Exception {
        List<T> found = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : run.records(run.topics.evals())) {
            EvalRecord decoded = ControlCodec.decode(record.value(), EvalRecord.class);
            if (type.isInstance(decoded)) {
                found.add(type.cast(decoded));
            }
        }
        return found;
    }

    private static void assertReports(JsonNode report, List<GroupHeader> groups) {
        List<SampleHeader> samples =
                groups.stream().flatMap(group -> group.samples().stream()).toList();
        assertEquals(groups.size(), report.path("done").asInt());
        assertEquals(samples.size(), report.path("samples").asInt());
        double mean = samples.stream()
                .mapToDouble(sample -> sample.reward().value())
                .average()
                .orElseThrow();
        assertEquals(mean, report.path("mean_reward").asDouble(), 1e-9);
        double passed = samples.stream()
                        .filter(sample -> sample.reward().value() >= 0.5)
                        .count()
                / (double) samples.size();
        assertEquals(passed, report.path("pass_at").path("1").asDouble(), 1e-9);
        long tokens = samples.stream().mapToLong(SampleHeader::responseLength).sum();
        assertEquals(tokens, report.path("response_tokens").asLong());
    }

    @Test
    void anEvaluationRunsBesideTrainingAndMixesWithNothing() throws Exception {
        EngineServer engine = run.engine(Map.of("context-length", "1000"));
        producer();
        run.worker(engine, Map.of("slots", "8"));
        TrainerProcess trainer = run.trainer(Map.of());
        // Longer than the engine takes.
        Path broken = Files.writeString(folder.resolve("broken.jsonl"), """
                {"prompt": "Eval broken%s", "label": "1"}
                {"prompt": "Eval whole", "label": "1"}
                """.formatted(" and so on".repeat(1000)));
        ObjectNode body = asked(
                "mine",
                dataSet("first", dataSet("Eval first ", 12), 4),
                dataSet("second", dataSet("Eval second ", 5), 1),
                dataSet("broken", broken, 2));
        JsonNode taken = assertStatus(202, trainer.post("/v1/evaluations", body.toString()));
        assertEquals("mine", taken.path("eval_id").asString());
        List<JsonNode> batches = trainUntilEnded(trainer, "mine");

        JsonNode ended = assertOk(trainer.get("/v1/evaluations/mine"));
        assertEquals("done", ended.path("state").asString(), ended::toString);
        List<GroupHeader> groups = results();
        JsonNode reports = ended.path("report").path("data_sets");
        assertReports(reports.path(0), ofPrompt(groups, "Eval first"));
        assertReports(reports.path(1), ofPrompt(groups, "Eval second"));
        assertReports(reports.path(2), ofPrompt(groups, "Eval whole"));
        assertEquals(12, ofPrompt(groups, "Eval first").size());
        assertEquals(5, ofPrompt(groups, "Eval second").size());
        assertSamples(trainer, "first", 12, 4);
        assertSamples(trainer, "second", 5, 1);
        assertEquals(404, trainer.get("/v1/evaluations/another/samples").status());
        assertEquals(1, reports.path(2).path("failed").asInt());
        String cause = reports.path(2).path("causes").path(0).asString();
        assertTrue(cause.contains("3 attempts failed") && cause.contains("engine-refused"), cause);
        assertEquals(3, reports.path(0).path("pass_at").size(), "pass@1, 2 and 4");

        batches.forEach(batch -> assertFalse(batch.toString().contains("Eval ")));
        for (String topic : List.of(run.topics.lane(Lane.TRAINING), run.topics.lane(Lane.URGENT))) {
            for (ConsumerRecord<byte[], byte[]> record : run.records(topic)) {
                TrainingTask task = ControlCodec.decode(record.value(), TrainingTask.class);
                assertTrue(task.prompt().asText().startsWith("Train "), task::toString);
            }
        }
        groups.forEach(group -> assertTrue(group.prompt().asText().startsWith("Eval "), group::toString));
        Await.until(
                "the tasks of an evaluation that is over to be deleted",
                () -> run.records(run.topics.lane(Lane.EVALUATION)).isEmpty(),
                WholeRun.LIMIT);
    }

    /** Every prompt once, at its place, with its samples as a batch has them. */
    private static void assertSamples(TrainerProcess trainer, String dataSet, int prompts, int samples)
            throws Exception {
        String lines = new String(
                trainer.get("/v1/evaluations/mine/samples?data_set=" + dataSet).body(), StandardCharsets.UTF_8);
        Set<Integer> places = new HashSet<>();
        for (String line : lines.lines().toList()) {
            JsonNode group = Json.MAPPER.readTree(line);
            assertEquals(dataSet, group.path("data_set").asString());
            assertTrue(places.add(group.path("place").asInt()), line);
            assertEquals(samples, group.path("samples").size());
            JsonNode sample = group.path("samples").path(0);
            assertTrue(sample.path("prompt").asString().startsWith("Eval " + dataSet), line);
            assertEquals(
                    sample.path("response_length").asInt(),
                    sample.path("rollout_log_probs").size());
        }
        assertEquals(IntStream.range(0, prompts).boxed().collect(Collectors.toSet()), places);
    }

    private static List<GroupHeader> ofPrompt(List<GroupHeader> groups, String begin) {
        return groups.stream()
                .filter(group -> group.prompt().asText().startsWith(begin))
                .toList();
    }

    @Test
    void whatCannotBeEvaluatedIsSaidAndStopsNothing() throws Exception {
        EngineServer engine = run.engine(Map.of());
        producer();
        run.worker(engine, Map.of("slots", "8"));
        TrainerProcess trainer = run.trainer(Map.of("evals-open-max", "1"));
        Path there = dataSet("Eval ", 3);
        assertError(400, "data_sets must be given", trainer.post("/v1/evaluations", ""));
        assertError(
                400,
                "samples of data set a must be 1 to 4096",
                trainer.post(
                        "/v1/evaluations", asked("a", dataSet("a", there, 5000)).toString()));
        assertError(
                400,
                "unknown key 'sample'",
                trainer.post(
                        "/v1/evaluations",
                        asked("a", dataSet("a", there, 1).put("sample", 1)).toString()));
        assertError(404, "there is no evaluation a", trainer.get("/v1/evaluations/a"));

        Path gone = folder.resolve("gone.jsonl");
        assertStatus(
                202,
                trainer.post(
                        "/v1/evaluations", asked("gone", dataSet("g", gone, 1)).toString()));
        awaitEnd(trainer, "gone");
        JsonNode failed = assertOk(trainer.get("/v1/evaluations/gone"));
        assertEquals("failed", failed.path("state").asString());
        assertTrue(failed.path("cause").asString().contains("does not exist"), failed::toString);

        ObjectNode later = asked("later", dataSet("l", there, 1)).put("weight_version", 1000);
        assertError(400, "lineage must be given", trainer.post("/v1/evaluations", later.toString()));
        assertError(
                409,
                "the run is in lineage 0, not in 7",
                trainer.post("/v1/evaluations", later.put("lineage", 7).toString()));
        later.put("lineage", 0);
        assertStatus(
                202,
                trainer.post("/v1/evaluations", later.put("time_limit_ms", 1500).toString()));
        assertStatus(202, trainer.post("/v1/evaluations", later.toString()));
        assertError(
                409,
                "asks for something else",
                trainer.post(
                        "/v1/evaluations",
                        asked("later", dataSet("l", there, 2)).toString()));
        assertError(
                429,
                "--evals-open-max",
                trainer.post(
                        "/v1/evaluations", asked("more", dataSet("m", there, 1)).toString()));
        awaitEnd(trainer, "later");
        JsonNode expired = assertOk(trainer.get("/v1/evaluations/later"));
        assertEquals("expired", expired.path("state").asString());
        assertFalse(expired.path("report").path("complete").asBoolean());

        WholeRun.train(trainer);
        assertError(
                409,
                "weight version 0 is gone",
                trainer.post(
                        "/v1/evaluations",
                        asked("old", dataSet("o", there, 1))
                                .put("lineage", 0)
                                .put("weight_version", 0)
                                .toString()));
    }

    @Test
    void oneThatIsCancelledEndsForGoodAndItsTasksAreDeleted() throws Exception {
        producer();
        TrainerProcess trainer = run.trainer(Map.of());
        assertError(404, "there is no evaluation mine", trainer.delete("/v1/evaluations/mine"));
        String body = asked("mine", dataSet("d", dataSet("Eval ", 12), 2)).toString();
        assertStatus(202, trainer.post("/v1/evaluations", body));
        Await.until(
                "its tasks", () -> run.records(run.topics.lane(Lane.EVALUATION)).size() == 12, WholeRun.LIMIT);
        JsonNode cancelled = assertOk(trainer.delete("/v1/evaluations/mine"));
        assertEquals("cancelled", cancelled.path("state").asString());
        assertEquals(cancelled, assertOk(trainer.delete("/v1/evaluations/mine")), "again");
        assertEquals(cancelled, assertOk(trainer.post("/v1/evaluations", body)), "asked for again");
        Await.until(
                "its tasks to be deleted",
                () -> run.records(run.topics.lane(Lane.EVALUATION)).isEmpty(),
                WholeRun.LIMIT);
        assertEquals(1, evals(EvalRecord.Cancelled.class).size());
    }

    private static void assertError(int status, String part, TrainerProcess.Answer answer) {
        String error = assertStatus(status, answer).path("error").asString();
        assertTrue(error.contains(part), error);
    }

    @Test
    void aReportIsWrittenOnceWhoeverStopsAndComesBack() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "200ms"));
        WholeRun.Part producer = producer();
        run.worker(engine, Map.of("slots", "8"));
        TrainerProcess trainer = run.trainer(Map.of());
        assertStatus(
                202,
                trainer.post(
                        "/v1/evaluations",
                        asked("mine", dataSet("d", dataSet("Eval ", 12), 2)).toString()));
        Await.until("results", () -> results().size() > 2, WholeRun.LIMIT);
        trainer.close();
        producer.stop();
        producer();
        TrainerProcess second = run.trainer(Map.of());
        awaitEnd(second, "mine");
        JsonNode report = assertOk(second.get("/v1/evaluations/mine"));
        assertEquals("done", report.path("state").asString());
        assertReports(report.path("report").path("data_sets").path(0), results());
        second.close();
        TrainerProcess third = run.trainer(Map.of());
        assertEquals(report, assertOk(third.get("/v1/evaluations/mine")));
        assertEquals(1, evals(EvalRecord.Issued.class).size());
        assertEquals(1, evals(EvalRecord.Report.class).size());
    }

    @Test
    void whatAKilledWorkerHeldIsIssuedAgain() throws Exception {
        EngineServer slow = run.engine(Map.of("latency-median", "30s"));
        producer();
        MillraceProcess doomed = MillraceProcess.start(
                folder,
                "worker",
                "--run",
                run.run.value(),
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--engine-url",
                slow.url(),
                "--slots",
                "8",
                "--eval-share",
                "1",
                "--status-interval",
                "200ms",
                "--status-timeout",
                "4s");
        try {
            TrainerProcess trainer = run.trainer(Map.of());
            assertStatus(
                    202,
                    trainer.post(
                            "/v1/evaluations",
                            asked("mine", dataSet("d", dataSet("Eval ", 6), 2)).toString()));
            Await.until("it holds groups of the evaluation", this::holds, WholeRun.LIMIT);
            doomed.kill();
            run.worker(run.engine(Map.of()), Map.of("slots", "8"));
            trainUntilEnded(trainer, "mine");
            JsonNode report = assertOk(trainer.get("/v1/evaluations/mine"));
            assertEquals("done", report.path("state").asString());
            assertEquals(6, report.path("done").asInt());
            assertTrue(
                    results().stream().anyMatch(group -> group.attempt().value() > 1),
                    "none of its groups was issued again");
        } finally {
            doomed.end();
        }
    }

    private boolean holds() throws Exception {
        for (ConsumerRecord<byte[], byte[]> record : run.records(run.topics.workers())) {
            if (ControlCodec.decode(record.value(), WorkersRecord.class) instanceof WorkersRecord.Status status
                    && status.held(GroupKind.EVALUATION).size() > 1) {
                return true;
            }
        }
        return false;
    }

    @Test
    void everySoManyStepsTheNewWeightsAreEvaluated() throws Exception {
        EngineServer engine = run.engine(Map.of());
        producer();
        run.worker(engine, Map.of("slots", "8"));
        TrainerProcess trainer = run.trainer(
                Map.of("eval-interval", "2", "eval-dataset", "held-out=" + dataSet("Eval ", 4), "eval-samples", "2"));
        for (String id : List.of("step-0-0", "step-0-2", "step-0-4")) {
            Await.until(
                    id + " to be asked for",
                    () -> trainer.get("/v1/evaluations/" + id).status() == 200,
                    WholeRun.LIMIT);
            awaitEnd(trainer, id);
            WholeRun.train(trainer);
            WholeRun.train(trainer);
        }
        List<EvalRecord.Request> requests = evals(EvalRecord.Request.class);
        for (EvalRecord.Request request : requests) {
            assertEquals("step-0-" + request.weightVersion(), request.evalId(), "one version a step");
        }
        JsonNode report = assertOk(trainer.get("/v1/evaluations/step-0-4"));
        assertEquals("done", report.path("state").asString());
        assertEquals(
                8,
                report.path("report").path("data_sets").path(0).path("samples").asInt());
    }
}
