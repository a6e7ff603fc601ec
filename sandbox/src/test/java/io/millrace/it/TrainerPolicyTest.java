package io.millrace.it;

import static io.millrace.it.TrainerRun.LIMIT;
import static io.millrace.it.TrainerRun.assertOk;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a trainer says of its weights over HTTP. */
class TrainerPolicyTest {
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
                .mapToObj(index -> TestingRollouts.group(run.run, index, 1, TrainerRun.SAMPLES, Reward.of(0.5), "yes"))
                .toList();
        run.publish(groups);
    }

    private static JsonNode announce(TrainerProcess trainer, String body) throws Exception {
        return assertOk(trainer.post("/v1/policy", body));
    }

    private static void assertPolicy(JsonNode policy, String state, long version) {
        assertEquals(state, policy.path("state").stringValue(), policy::toString);
        assertEquals(version, policy.path("weight_version").longValue(), policy::toString);
    }

    @Test
    void eachWordIsDurableBeforeItIsAnsweredAndSurvivesARestart() throws Exception {
        JsonNode updating;
        try (TrainerProcess trainer = run.start(Map.of())) {
            assertPolicy(assertOk(trainer.get("/v1/policy")), "ready", 0);
            updating = announce(trainer, "{\"lineage\": 0, \"state\": \"updating\"}");
            assertPolicy(updating, "updating", 0);
            assertEquals(
                    Policy.State.UPDATING,
                    run.records(run.topics.policy(), Policy.class).getLast().state());
        }
        try (TrainerProcess trainer = run.start(Map.of())) {
            assertEquals(updating, assertOk(trainer.get("/v1/policy")));
            assertEquals(updating, announce(trainer, "{\"lineage\": 0, \"state\": \"updating\"}"));
            JsonNode ready = announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 8}");
            assertPolicy(ready, "ready", 8);
            int records = run.records(run.topics.policy(), Policy.class).size();
            assertEquals(ready, announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 8}"));
            assertEquals(ready, announce(trainer, "{\"lineage\": 0, \"state\": \"ready\"}"));
            assertEquals(
                    records,
                    run.records(run.topics.policy(), Policy.class).size(),
                    "a repeated word is written once more");
        }
        try (TrainerProcess trainer = run.start(Map.of())) {
            assertPolicy(assertOk(trainer.get("/v1/policy")), "ready", 8);
            // What such a trainer is told to say.
            JsonNode begun = assertOk(
                    trainer.post("/v1/resume", "{\"step\": 0, \"lineage\": 1, \"weight_version\": 1795535561}"));
            assertEquals(1795535561, begun.path("weight_version").longValue(), begun::toString);
        }
    }

    @Test
    void aTrainerThatCountsAnewGoesOnInALineageOfItsOwn() throws Exception {
        publish(0, 6);
        try (TrainerProcess trainer = run.start(Map.of())) {
            announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 8}");
            assertOk(trainer.lease(0, 20000));
            assertOk(trainer.acknowledge("{\"weight_version\": 9}"));
            JsonNode old = assertOk(trainer.lease(1, 20000));
            JsonNode ready = announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 1}");
            assertPolicy(ready, "ready", 1);
            assertEquals(1, ready.path("lineage").longValue());
            assertEquals(8, ready.path("version_offset").longValue());
            assertStatus(409, trainer.get(old.path("batch").stringValue()));
        }
        try (TrainerProcess trainer = run.start(Map.of())) {
            JsonNode lease = assertOk(trainer.lease(1, 20000));
            assertEquals(1, lease.path("weight_version").longValue(), lease::toString);
            assertEquals(1, trainer.batch().json().path("weight_version").longValue());
            JsonNode done = assertOk(trainer.acknowledge("{\"weight_version\": 2}"));
            assertEquals(2, done.path("weight_version").longValue(), done::toString);
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(2, status.path("weight_version").longValue(), status::toString);
            assertEquals("ready", status.path("policy_state").stringValue());
        }
        assertEquals(
                10,
                run.records(run.topics.policy(), Policy.class)
                        .getLast()
                        .weightVersion()
                        .value());
    }

    @Test
    void tokensOfAnAbandonedFutureAreNeverTrained() throws Exception {
        publish(0, 2);
        try (TrainerProcess trainer = run.start(Map.of())) {
            announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 2}");
            assertOk(trainer.lease(0, 20000));
            assertOk(trainer.acknowledge("{\"weight_version\": 3}"));
            String resume = "{\"step\": 0, \"mode\": \"fresh\", \"lineage\": 1}";
            assertEquals(
                    2,
                    assertOk(trainer.post("/v1/resume", resume))
                            .path("weight_version")
                            .longValue());
            assertPolicy(assertOk(trainer.get("/v1/policy")), "updating", 2);
            // The engines still serve version 3 of the lineage before: issued in this one, made by those.
            run.publish(List.of(of(1, 2, 3), of(1, 3, 3), of(1, 4, 2), of(1, 5, 2)));
            JsonNode lease = assertOk(trainer.lease(0, 20000));
            assertEquals("[4,5]", lease.path("group_indices").toString());
            announce(trainer, "{\"lineage\": 1, \"state\": \"ready\", \"weight_version\": 2}");
            assertOk(trainer.acknowledge("{\"weight_version\": 3}"));
        }
        List<StepRecord.Rejection> rejections = run.records(run.topics.steps(), StepRecord.Rejection.class);
        assertEquals(2, rejections.size(), rejections::toString);
        String reason = rejections.getFirst().reason();
        assertTrue(reason.startsWith("ahead: ") && reason.contains("version 3, lineage 1 is at 2"), reason);
        try (TrainerProcess again = run.start(Map.of())) {
            // Where the lineage has come to version 3 itself, they would look fresh.
            assertStatus(202, again.lease(1, 0));
            assertEquals(0, again.get("/v1/status").json().path("finished").longValue());
            run.publish(List.of(of(1, 2, 3), of(1, 3, 3)));
            assertOk(again.lease(1, 20000));
        }
    }

    private RolloutGroup of(long lineage, long index, long version) {
        RolloutGroup group = TestingRollouts.withVersions(
                TestingRollouts.group(run.run, index, 1, TrainerRun.SAMPLES, Reward.of(0.5), "yes"),
                version,
                version,
                version);
        return TestingRollouts.inLineage(group, lineage);
    }

    @Test
    void aVersionThatDoesNotRiseIsRefusedAndSoIsWhatIsNoWord() throws Exception {
        try (TrainerProcess trainer = run.start(Map.of("on-version-restart", "refuse"))) {
            announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 8}");
            JsonNode refused = assertStatus(
                    409, trainer.post("/v1/policy", "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 7}"));
            assertTrue(refused.path("error").stringValue().contains("older than the current 8"), refused::toString);
            JsonNode high = assertStatus(
                    409,
                    trainer.post(
                            "/v1/policy", "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 1795535561}"));
            assertTrue(high.path("error").stringValue().contains("expected is 9"), high::toString);
            for (String bad : List.of(
                    "",
                    "{}",
                    "{\"lineage\": 0, \"state\": \"done\"}",
                    "{\"lineage\": 0, \"state\": \"updating\", \"weight_version\": 9}",
                    "{\"lineage\": 0, \"state\": \"ready\", \"version\": 9}",
                    "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": -1}")) {
                assertStatus(400, trainer.post("/v1/policy", bad));
            }
            assertPolicy(assertOk(trainer.get("/v1/policy")), "ready", 8);
        }
    }

    @Test
    void stepsGoOnAtTheVersionThatIsAnnouncedBetweenAcknowledgements() throws Exception {
        publish(0, 6);
        try (TrainerProcess trainer = run.start(Map.of("pipeline-depth", "0"))) {
            announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 8}");
            assertOk(trainer.lease(0, 20000));
            assertOk(trainer.acknowledge(""));
            assertStatus(409, trainer.lease(1, 20000));
            announce(trainer, "{\"lineage\": 0, \"state\": \"paused\"}");
            announce(trainer, "{\"lineage\": 0, \"state\": \"updating\"}");
            JsonNode ready = announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 9}");
            assertEquals(TrainerRun.BATCH_GROUPS, ready.path("trained_groups").longValue());
        }
        try (TrainerProcess trainer = run.start(Map.of("pipeline-depth", "0"))) {
            JsonNode lease = assertOk(trainer.lease(1, 20000));
            assertEquals(9, lease.path("weight_version").longValue());
            JsonNode early = announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 10}");
            assertTrue(early.path("warnings").toString().contains("step 1 is leased"), early::toString);
            // As before, an acknowledgement may bring the version itself.
            assertOk(trainer.acknowledge("{\"weight_version\": 11}"));
            assertPolicy(assertOk(trainer.get("/v1/policy")), "ready", 11);
        }
    }

    @Test
    void anUpdateThatTakesTooLongIsWarnedOfAndNotTakenForReady() throws Exception {
        try (TrainerProcess trainer = run.start(Map.of("update-limit", "1s"))) {
            assertTrue(trainer.get("/v1/status").json().path("policy_warning").isNull());
            announce(trainer, "{\"lineage\": 0, \"state\": \"updating\"}");
            Await.until(
                    "the status warns",
                    () -> trainer.get("/v1/status")
                            .json()
                            .path("policy_warning")
                            .isString(),
                    LIMIT);
            JsonNode health = assertOk(trainer.get("/health/ready"));
            String detail = health.path("parts").path("policy").path("detail").stringValue();
            assertTrue(detail.contains("said updating more than 1 s ago"), health::toString);
            JsonNode policy = assertOk(trainer.get("/v1/policy"));
            assertPolicy(policy, "updating", 0);
            assertEquals(1, policy.path("warnings").size());
            announce(trainer, "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 1}");
            assertTrue(trainer.get("/v1/status").json().path("policy_warning").isNull());
        }
    }
}
