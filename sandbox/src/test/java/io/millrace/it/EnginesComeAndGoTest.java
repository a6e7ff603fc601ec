package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.engine.EngineServer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Engines that are added to a worker and taken off it while it generates. */
class EnginesComeAndGoTest {
    private static final int GROUPS = 4;
    private static final int SAMPLES = 4;

    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private EngineServer engine(Map<String, String> more) {
        Map<String, String> flags =
                new HashMap<>(Map.of("latency", "tokens", "token-time", "5ms", "filler-median", "50"));
        flags.putAll(more);
        return run.engine(flags);
    }

    @Test
    void whatAnEngineThatIsTakenOffHasBegunGoesOnElsewhereBehindItsTokens() throws Exception {
        // It would take hours.
        EngineServer slow = engine(Map.of("token-time", "1s"));
        EngineServer quick = engine(Map.of());
        WorkerRun.Worker worker = run.worker(Map.of("slots", "16"), slow.url());
        run.publish(GROUPS, SAMPLES);
        Await.until("all are under way", () -> run.requests(slow).size() == GROUPS * SAMPLES, WorkerRun.LIMIT);
        worker.send("POST", "/engines", quick.url());
        worker.send("DELETE", "/engines", slow.url());
        run.awaitReceipts(GROUPS);
        for (WorkerRun.Request request : run.requests(slow)) {
            assertEquals("abort", request.outcome());
        }
        assertEquals(GROUPS * SAMPLES, run.requests(quick).size());
        for (RolloutGroup group : run.groups()) {
            group.header().samples().forEach(sample -> assertEquals(quick.url(), sample.engine()));
        }
        assertEquals(1, worker.metric("millrace_worker_engines{run=\"" + run.run + "\"}"));
    }

    @Test
    void aWorkerWithoutAnEngineSaysSoAtOnceAndGoesOnWithTheNext() throws Exception {
        EngineServer first = engine(Map.of());
        EngineServer second = engine(Map.of());
        WorkerRun.Worker worker = run.worker(Map.of("slots", "16"), first.url());
        worker.send("DELETE", "/engines", first.url());
        Await.until(
                "it says so",
                () -> worker.health().contains("none of which is well: all were taken off"),
                WorkerRun.LIMIT);
        assertEquals(0, worker.status().path("engines_well").longValue());
        assertEquals(0, worker.metric("millrace_worker_engines_well{run=\"" + run.run + "\"}"));
        run.publish(GROUPS, SAMPLES);
        worker.send("POST", "/engines", second.url());
        run.awaitReceipts(GROUPS);
        assertTrue(run.requests(first).isEmpty());
        assertEquals(List.of(), run.deadLetters());
    }
}
