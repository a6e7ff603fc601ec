package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.engine.EngineServer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A trainer that shares its machines with the engine: it pauses the run over its API and aborts what the engine
 * generates, trains, and lets both go on.
 */
class PauseResumeTest {
    private static final int GROUPS = 6;
    private static final int SAMPLES = 4;
    private static final String PAUSED = "the trainer to resume the run";

    private WorkerRun run;
    private TrainerRun trainers;
    private EngineServer engine;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of("result-partitions", Integer.toString(TrainerRun.PARTITIONS)));
        trainers = new TrainerRun(run.run);
        engine = run.engine(Map.of("latency", "tokens", "token-time", "20ms", "filler-median", "100"));
    }

    @AfterEach
    void end() throws Exception {
        run.close();
        trainers.close();
    }

    private static void announce(TrainerProcess trainer, String state) throws Exception {
        assertOk(trainer.post("/v1/policy", "{\"lineage\": 0, \"state\": \"" + state + "\"}"));
    }

    /** Fewer slots than samples, so that some wait for one when the run is paused. */
    private WorkerRun.Worker worker(Map<String, String> more) throws Exception {
        Map<String, String> flags = new HashMap<>(more);
        flags.put("slots", "16");
        WorkerRun.Worker worker = run.worker(flags, engine.url());
        TrainingTask[] tasks = new TrainingTask[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            tasks[i] = WorkerRun.task(i, SAMPLES, "What is " + i + " + 1?", "" + (i + 1), 300);
        }
        run.publish(tasks);
        Await.until("many generate", () -> open().size() >= 12, WorkerRun.LIMIT);
        return worker;
    }

    /** Of requests that the engine has and has not answered. */
    private Set<String> open() throws Exception {
        return run.requests(engine).stream()
                .filter(request -> request.outcome().equals("open"))
                .map(WorkerRun.Request::rid)
                .collect(Collectors.toSet());
    }

    private void pauseEngine() throws Exception {
        Set<String> running = open();
        run.post(engine, "/pause_generation", Json.object().put("mode", "abort"));
        // Others may come meanwhile: a worker that has not heard of the pause yet, or waits for no end of it.
        Await.until("what ran to be aborted", () -> open().stream().noneMatch(running::contains), WorkerRun.LIMIT);
    }

    private void continueEngine() throws Exception {
        run.post(engine, "/continue_generation", Json.object());
    }

    /** By sample: tokens that the engine generated for it, over all its requests. */
    private Map<String, Long> generated() throws Exception {
        Map<String, Long> tokens = new HashMap<>();
        for (WorkerRun.Request request : run.requests(engine)) {
            tokens.merge(request.rid().replaceAll("\\.t\\d+$", ""), request.outputTokens(), Long::sum);
        }
        return tokens;
    }

    private void assertEveryTokenIsInASampleOnce() throws Exception {
        Map<String, Long> generated = generated();
        for (RolloutGroup group : run.groups()) {
            for (int i = 0; i < SAMPLES; i++) {
                SampleHeader sample = group.header().samples().get(i);
                String name = run.run + ".g" + group.header().groupIndex() + ".a1.s" + i;
                assertEquals(generated.remove(name), (long) sample.responseLength(), name);
            }
        }
        assertEquals(Map.of(), generated, "generated for nobody");
    }

    @Test
    void aPausedRunHoldsWhatWasAbortedAndContinuesEverySample() throws Exception {
        try (TrainerProcess trainer = trainers.start(Map.of("samples-per-group", Integer.toString(SAMPLES)))) {
            WorkerRun.Worker worker = worker(Map.of());
            announce(trainer, "paused");
            Await.until(
                    "the worker holds",
                    () -> worker.status().path("held_for").stringValue().equals(PAUSED),
                    WorkerRun.LIMIT);
            pauseEngine();
            List<WorkerRun.Request> before = run.requests(engine);
            long aborted = before.stream()
                    .filter(request -> request.outcome().equals("abort") && request.outputTokens() > 0)
                    .count();
            assertTrue(aborted > 0, before::toString);

            // The engine is ready before the trainer says so: nothing but the worker's hold keeps requests away.
            continueEngine();
            JsonNode status = worker.status();
            assertTrue(
                    status.path("slots_in_use").intValue() >= aborted, "what was aborted keeps its slots: " + status);
            Await.until(
                    "the worker says what it waits for", () -> worker.health().contains(PAUSED), WorkerRun.LIMIT);
            // Each aborted answer has been dealt with: a worker that did not hold would ask at once, and before it has
            // said twice more how it is.
            Await.until(
                    "the worker has every aborted answer",
                    () -> worker.metric("millrace_worker_aborted_requests_total{run=\"" + run.run + "\"}") >= aborted,
                    WorkerRun.LIMIT);
            var _ = run.receipts();
            int statuses = run.statuses.size();
            Await.until(
                    "two more statuses",
                    () -> {
                        var _ = run.receipts();
                        return run.statuses.size() >= statuses + 2;
                    },
                    WorkerRun.LIMIT);
            assertEquals(before, run.requests(engine), "requests during the pause");

            announce(trainer, "ready");
            run.awaitReceipts(GROUPS);
            assertEquals("", worker.status().path("held_for").stringValue());
            long continued = run.requests(engine).stream()
                    .filter(request -> request.rid().matches(".*\\.t([2-9]|\\d\\d+)"))
                    .count();
            assertEquals(aborted, continued, "each of them by one request");
            assertEveryTokenIsInASampleOnce();
            for (int step = 0; step < GROUPS / TrainerRun.BATCH_GROUPS; step++) {
                assertOk(trainer.lease(step, 20000));
                assertOk(trainer.acknowledge("{\"weight_version\": " + (step + 1) + "}"));
            }
        }
    }

    @Test
    void aPauseThatNobodyEndsHoldsNoLongerThanItsLimit() throws Exception {
        try (TrainerProcess trainer = trainers.start(Map.of("samples-per-group", Integer.toString(SAMPLES)))) {
            worker(Map.of("hold-limit", "2s"));
            announce(trainer, "paused");
            pauseEngine();
            continueEngine();
            run.awaitReceipts(GROUPS);
            assertEveryTokenIsInASampleOnce();
            assertEquals(
                    "paused", trainer.get("/v1/policy").json().path("state").stringValue());
        }
    }
}
