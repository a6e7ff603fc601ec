package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.Lane;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A result that is past the bound on staleness, while a newer attempt of its group is out. */
class LateResultTest {
    private static final Map<String, String> BOUND =
            Map.of("max-staleness", "1", "pipeline-depth", "1", "on-stale", "discard");

    private TrainerRun run;

    @BeforeEach
    void start() throws Exception {
        run = new TrainerRun();
    }

    @AfterEach
    void stop() {
        run.close();
    }

    private RolloutGroup group(long index, int attempt, long version) {
        return TestingRollouts.withVersions(
                TestingRollouts.group(run.run, index, attempt, TrainerRun.SAMPLES, Reward.of(0.5), "yes"),
                version,
                version,
                version);
    }

    /** Groups 0 to 3, and the second attempt of group 0. */
    private void issueTasks() throws Exception {
        for (int i = 0; i < 4; i++) {
            run.issue(run.topics.lane(Lane.TRAINING), WorkerRun.task(i, TrainerRun.SAMPLES));
        }
        TrainingTask first = WorkerRun.task(0, TrainerRun.SAMPLES);
        run.issue(
                run.topics.lane(Lane.URGENT),
                first.again(new Attempt(2), first.lineage(), first.issueVersion(), 1, first.history()));
    }

    private List<StepRecord.Rejection> rejections() throws Exception {
        return run.records(run.topics.steps(), StepRecord.Rejection.class);
    }

    /** With nothing to lease, so that both lanes are read while it waits. */
    private static void readLanes(TrainerProcess trainer, long step) throws Exception {
        assertOk(trainer.post("/v1/policy", "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 7}"));
        assertStatus(202, trainer.lease(step, 2000));
    }

    @Test
    void isNotItsEndButTheNewerAttemptIs() throws Exception {
        issueTasks();
        try (TrainerProcess trainer = run.start(BOUND)) {
            readLanes(trainer, 0);
            run.publish(List.of(group(0, 1, 4), group(1, 1, 7), group(2, 1, 7)));
            assertOk(trainer.lease(0, 20000));
            StepRecord.Rejection late = rejections().getFirst();
            assertEquals(new GroupIndex(0), late.groupIndex());
            assertEquals(new Attempt(1), late.attempt());
            assertTrue(late.reason().startsWith("late: ") && late.reason().contains("attempt 2"), late::reason);
            assertOk(trainer.acknowledge("{\"weight_version\": 8}"));
        }
        run.publish(List.of(group(0, 2, 8), group(3, 1, 8)));
        try (TrainerProcess trainer = run.start(BOUND)) {
            assertOk(trainer.lease(1, 20000));
            StepRecord.ManifestEntry entry = run.records(run.topics.steps(), StepRecord.Lease.class)
                    .getLast()
                    .groups()
                    .getFirst();
            assertEquals(new GroupIndex(0), entry.groupIndex());
            assertEquals(new Attempt(2), entry.attempt());
            assertOk(trainer.acknowledge(""));
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(4, status.path("low_water_mark").longValue(), status::toString);
            assertEquals(0, status.path("discarded").longValue());
            assertEquals(0, status.path("duplicates_dropped").longValue());
        }
        assertEquals(1, rejections().size());
        assertEquals(List.of(), run.records(run.topics.steps(), StepRecord.Discard.class));
    }

    @Test
    void isItsEndWhereTheNewerAttemptsResultWasPassedOver() throws Exception {
        issueTasks();
        try (TrainerProcess trainer = run.start(BOUND)) {
            readLanes(trainer, 0);
            run.publish(List.of(group(0, 1, 4), group(0, 2, 4), group(1, 1, 7), group(2, 1, 7)));
            // A choice between the two results would find the first alone, and take it back.
            Await.until(
                    "the second result to be read",
                    () -> trainer.get("/v1/status")
                                    .json()
                                    .path("duplicates_dropped")
                                    .longValue()
                            == 1,
                    Duration.ofSeconds(20));
            assertOk(trainer.lease(0, 20000));
        }
        assertEquals(List.of(), rejections());
        assertEquals(
                List.of(new GroupIndex(0)),
                run.records(run.topics.steps(), StepRecord.Discard.class).stream()
                        .map(StepRecord.Discard::groupIndex)
                        .toList());
    }
}
