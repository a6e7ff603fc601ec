package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A trainer that was replaced and does not know it. */
class ZombieTrainerTest {
    private static final String LEASE = "/lease?wait_ms=20000&lineage=";

    private TrainerRun run;

    @BeforeEach
    void start() throws Exception {
        run = new TrainerRun();
    }

    @AfterEach
    void stop() {
        run.close();
    }

    private void publish(long from, long to) throws Exception {
        List<RolloutGroup> groups = LongStream.range(from, to)
                .mapToObj(index -> TestingRollouts.withVersions(
                        TestingRollouts.group(run.run, index, 1, TrainerRun.SAMPLES, Reward.of(0.5), "yes"), 0, 0, 0))
                .toList();
        run.publish(groups);
    }

    private static void assertCurrent(JsonNode refused, long lineage, long step) {
        assertEquals(lineage, refused.path("lineage").longValue(), refused::toString);
        assertEquals(step, refused.path("step").longValue(), refused::toString);
        assertTrue(refused.path("weight_version").isIntegralNumber(), refused::toString);
        assertTrue(refused.path("state").isString(), refused::toString);
        assertFalse(refused.path("error").stringValue().isEmpty(), refused::toString);
        assertTrue(refused.path("lease").isMissingNode(), "who was replaced is not told the lease of who replaced it");
    }

    @Test
    void whateverATrainerOfAnOlderLineageSaysIsRefusedAndSettlesNothing() throws Exception {
        publish(0, 6);
        try (TrainerProcess trainer = run.start(Map.of())) {
            assertOk(trainer.leaseNext(20_000));
            assertOk(trainer.acknowledge("{\"weight_version\": 1}"));
            JsonNode old = assertOk(trainer.leaseNext(20_000));
            assertOk(trainer.post("/v1/resume", "{\"step\": 1, \"mode\": \"fresh\", \"lineage\": 1}"));
            String oldLease = old.path("lease").stringValue();
            String oldBatch = old.path("batch").stringValue();
            assertCurrent(assertStatus(409, trainer.get(oldBatch)), 1, 1);

            JsonNode mine = assertOk(trainer.lease(1, 20_000));
            assertNotEquals(oldLease, mine.path("lease").stringValue());
            assertCurrent(assertStatus(409, trainer.get(oldBatch)), 1, 1);
            String late = "{\"lease\": \"" + oldLease + "\", \"weight_version\": 77}";
            assertCurrent(assertStatus(409, trainer.post("/v1/steps/1/ack", late)), 1, 1);
            assertCurrent(assertStatus(409, trainer.post("/v1/steps/1" + LEASE + 0, "")), 1, 1);
            String updating = "{\"lineage\": 0, \"state\": \"updating\"}";
            assertCurrent(assertStatus(409, trainer.post("/v1/policy", updating)), 1, 1);
            String resume = "{\"step\": 0, \"mode\": \"fresh\", \"lineage\": 1}";
            assertCurrent(assertStatus(409, trainer.post("/v1/resume", resume)), 1, 1);

            assertEquals(2, trainer.get("/v1/status").json().path("trained").longValue());
            assertOk(trainer.batch());
            assertOk(trainer.acknowledge("{\"weight_version\": 2}"));
            assertOk(trainer.acknowledge("{\"weight_version\": 2}"));
            assertEquals(4, trainer.get("/v1/status").json().path("trained").longValue());
        }
        assertEquals(
                2,
                run.records(run.topics.steps(), StepRecord.Acknowledgement.class)
                        .size());
    }

    @Test
    void whoWasReplacedAndGoesOnWithItsLoopIsNotGivenTheStep() throws Exception {
        publish(0, 4);
        try (TrainerProcess trainer = run.start(Map.of())) {
            assertOk(trainer.post("/v1/steps/next" + LEASE + 0, ""));
            assertOk(trainer.post("/v1/resume", "{\"step\": 0, \"mode\": \"fresh\", \"lineage\": 1}"));
            assertOk(trainer.post("/v1/steps/0" + LEASE + 1, ""));
            for (String step : List.of("next", "0", "1")) {
                JsonNode unsaid = assertStatus(400, trainer.post("/v1/steps/" + step + "/lease", ""));
                assertNames("lineage must be given", unsaid);
                assertTrue(unsaid.path("error").stringValue().contains("GET /v1/status"), unsaid::toString);
                assertTrue(unsaid.path("lease").isMissingNode(), unsaid::toString);
                assertCurrent(assertStatus(409, trainer.post("/v1/steps/" + step + LEASE + 0, "")), 1, 0);
            }
        }
    }

    @Test
    void whoNamesNoLeaseOrLineageIsToldWhichKeyIsMissing() throws Exception {
        publish(0, 2);
        try (TrainerProcess trainer = run.start(Map.of())) {
            JsonNode lease = assertOk(trainer.leaseNext(20_000));
            assertEquals(lease, assertOk(trainer.leaseNext(20_000)));
            for (String bad : List.of("/v1/steps/0/batch", "/v1/steps/0/batch?lease=0-0", "/v1/steps/0/batch?lease=")) {
                assertNames("lease", assertStatus(400, trainer.get(bad)));
            }
            assertNames("lease", assertStatus(400, trainer.post("/v1/steps/0/ack", "{\"weight_version\": 1}")));
            String other = "{\"lease\": \"" + trainer.token() + "\"}";
            assertNames("lease is of step 0", assertStatus(400, trainer.post("/v1/steps/1/ack", other)));
            assertNames("lineage", assertStatus(400, trainer.post("/v1/policy", "{\"state\": \"updating\"}")));
            assertNames("lineage", assertStatus(400, trainer.post("/v1/resume", "{\"step\": 0}")));
        }
        try (TrainerProcess again = run.start(Map.of())) {
            JsonNode lease = assertOk(again.lease(0, 20_000));
            assertOk(again.acknowledge("{\"weight_version\": 1}"));
            assertEquals(0, lease.path("lineage").longValue());
        }
    }

    private static void assertNames(String key, JsonNode refused) {
        assertTrue(refused.path("error").stringValue().startsWith(key), refused::toString);
    }
}
