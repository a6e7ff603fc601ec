package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.sandbox.engine.EngineServer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two engines, of which one gets its new weights later than the other. */
class EngineChoiceTest {
    private WorkerRun run;
    private EngineServer early;
    private EngineServer late;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
        early = run.engine(Map.of());
        late = run.engine(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private void update(EngineServer engine, long version) throws Exception {
        run.post(
                engine,
                "/update_weight_version",
                Json.object().put("new_version", Long.toString(version)).put("abort_all_requests", false));
    }

    /** Groups of one sample, from this index on. */
    private void publish(int from, int count, long issueVersion) {
        run.publish(IntStream.range(from, from + count)
                .mapToObj(index -> WorkerRun.issuedAt(WorkerRun.task(index, 1), issueVersion))
                .toArray(TrainingTask[]::new));
    }

    private static double behind(WorkerRun run, WorkerRun.Worker worker) throws Exception {
        return worker.metric("millrace_worker_requests_behind_total{run=\"" + run.run + "\"}");
    }

    @Test
    void aTaskGoesToAnEngineWithTheWeightsItWasIssuedAt() throws Exception {
        update(early, 1);
        update(late, 0);
        WorkerRun.Worker worker =
                run.worker(Map.of("slots", "4", "engine-version-wait", "1m"), early.url(), late.url());
        publish(0, 20, 1);
        run.awaitReceipts(20);
        assertEquals(20, run.requests(early).size());
        assertEquals(List.of(), run.requests(late));

        publish(20, 4, 2);
        // Nothing waits for the interval: what waits makes the worker ask.
        update(late, 2);
        run.awaitReceipts(24);
        assertEquals(4, run.requests(late).size());
        for (SampleHeader sample : run.groups().stream()
                .filter(group -> group.header().groupIndex().value() >= 20)
                .map(group -> group.header().samples().getFirst())
                .toList()) {
            assertEquals(late.url(), sample.engine());
            assertEquals(2, sample.weightVersions().getFirst().version().value());
        }
        assertEquals(0, behind(run, worker));
    }

    @Test
    void whereNoEngineEverGetsTheWeightsTheWorkIsDoneAllTheSame() throws Exception {
        update(early, 1);
        update(late, 1);
        WorkerRun.Worker worker =
                run.worker(Map.of("slots", "4", "engine-version-wait", "200ms"), early.url(), late.url());
        publish(0, 20, 7);
        run.awaitReceipts(20);
        assertEquals(20, behind(run, worker));
        assertTrue(run.groups().stream()
                .allMatch(group -> group.header().oldestWeightVersion().value() == 1));
    }
}
