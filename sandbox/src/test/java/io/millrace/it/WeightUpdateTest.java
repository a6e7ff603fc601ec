package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.Policy;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.engine.EngineServer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** An engine whose weights are updated again and again under a worker, each time aborting what it generates. */
class WeightUpdateTest {
    private static final int GROUPS = 6;
    private static final int SAMPLES = 4;
    private static final int BUDGET = 150;

    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    /** 10 ms a token, so that a sample sees several versions. */
    private EngineServer engine() {
        return run.engine(Map.of("latency", "tokens", "token-time", "10ms", "filler-median", "60"));
    }

    private TrainingTask[] tasks() {
        TrainingTask[] tasks = new TrainingTask[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            tasks[i] = WorkerRun.task(i, SAMPLES, "What is " + i + " + 1?", "" + (i + 1), BUDGET);
        }
        return tasks;
    }

    /** A new version every so often until all groups have finished; how many there were. */
    private int updateUntilFinished(EngineServer engine) throws Exception {
        int version = 0;
        do {
            JsonNode update = Json.object().put("new_version", Integer.toString(++version));
            run.post(engine, "/update_weight_version", update);
            run.say(Policy.State.READY, version);
            // What is aborted next has some tokens of this version.
            Aside.generate(engine, 30);
        } while (run.receipts().size() < GROUPS && version < 200);
        return version;
    }

    private List<RolloutGroup> groups() throws Exception {
        run.awaitReceipts(GROUPS);
        return run.groups();
    }

    /** By sample: tokens that the engine generated for it, over all its requests. */
    private Map<String, Long> generated(EngineServer engine) throws Exception {
        Map<String, Long> tokens = new HashMap<>();
        for (WorkerRun.Request request : run.requests(engine)) {
            tokens.merge(request.rid().replaceAll("\\.t\\d+$", ""), request.outputTokens(), Long::sum);
        }
        return tokens;
    }

    private double aborted(WorkerRun.Worker worker, String fate) throws Exception {
        return worker.metric("millrace_worker_aborted_tokens_total{fate=\"" + fate + "\",run=\"" + run.run + "\"}");
    }

    @Test
    void underContinueEveryTokenThatWasGeneratedIsInASample() throws Exception {
        EngineServer engine = engine();
        WorkerRun.Worker worker = run.worker(Map.of("slots", "64"), engine.url());
        run.publish(tasks());
        int versions = updateUntilFinished(engine);

        Map<String, Long> generated = generated(engine);
        int continued = 0;
        for (RolloutGroup group : groups()) {
            for (int i = 0; i < SAMPLES; i++) {
                SampleHeader sample = group.header().samples().get(i);
                String name = run.run + ".g" + group.header().groupIndex() + ".a1.s" + i;
                assertEquals(generated.get(name), (long) sample.responseLength(), name);
                assertTrue(sample.responseLength() <= BUDGET, name);
                assertEquals(sample.responseLength() == BUDGET, sample.status() == SampleStatus.TRUNCATED, name);
                assertEquals(SpanProvenance.SPANS, sample.provenance());
                List<VersionSpan> spans = sample.weightVersions();
                for (int s = 1; s < spans.size(); s++) {
                    assertTrue(spans.get(s - 1).version().compareTo(spans.get(s).version()) < 0, name + ": " + spans);
                }
                assertTrue(spans.getLast().version().value() <= versions, name + ": " + spans);
                continued += spans.size() > 1 ? 1 : 0;
            }
        }
        assertTrue(continued > GROUPS, continued + " samples have tokens of several versions");
        assertEquals(0, aborted(worker, "dropped"));
        assertTrue(aborted(worker, "kept") > 0);
    }

    @Test
    void aPausedRunAsksTheEngineForNothingUntilItGoesOn() throws Exception {
        run.say(Policy.State.PAUSED, 0);
        EngineServer engine = engine();
        WorkerRun.Worker worker = run.worker(Map.of("slots", "64"), engine.url());
        run.publish(tasks());
        assertEquals(
                "the trainer to resume the run",
                worker.status().path("held_for").stringValue());
        Await.until(
                "claiming waits for the trainer",
                () -> worker.health().contains("the trainer to resume the run"),
                WorkerRun.LIMIT);
        run.say(Policy.State.UPDATING, 1);
        Await.until("groups claimed", () -> worker.status().path("groups").size() > 0, WorkerRun.LIMIT);
        assertEquals(List.of(), run.requests(engine));
        run.say(Policy.State.READY, 1);
        assertEquals(GROUPS, groups().size());
        assertEquals("", worker.status().path("held_for").stringValue());
    }

    @Test
    void underRestartAbortedTokensAreThrownAway() throws Exception {
        EngineServer engine = run.engine(Map.of("latency", "tokens", "token-time", "5ms", "filler-median", "4"));
        WorkerRun.Worker worker = run.worker(Map.of("slots", "64", "on-weight-update", "restart"), engine.url());
        run.publish(tasks());
        updateUntilFinished(engine);
        for (RolloutGroup group : groups()) {
            group.header()
                    .samples()
                    .forEach(sample -> assertEquals(1, sample.weightVersions().size()));
        }
        assertTrue(aborted(worker, "dropped") > 0);
    }
}
