package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import io.millrace.common.wire.RolloutBatch;
import io.millrace.common.wire.RolloutBatchCodec;
import io.millrace.ops.replay.ReplayCommand;
import io.millrace.trainer.batch.BatchBody;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A trainer that takes groups with tokens past the bound on staleness, those tokens masked. */
class StaleMaskingTest {
    private static final Map<String, String> MASKING =
            Map.of("max-staleness", "1", "pipeline-depth", "1", "on-stale", "discard", "mask-stale-tokens", "true");
    private static final String SAFETENSORS = BatchBody.SAFETENSORS;

    private TrainerRun run;

    @BeforeEach
    void start() throws Exception {
        run = new TrainerRun();
    }

    @AfterEach
    void stop() {
        run.close();
    }

    private RolloutGroup group(long index, long... versions) {
        return TestingRollouts.withVersions(
                TestingRollouts.group(run.run, index, 1, TrainerRun.SAMPLES, Reward.of(0.5), "yes"), versions);
    }

    private static byte[] batch(TrainerProcess trainer, String accept) throws Exception {
        TrainerProcess.Answer answer = trainer.batch(accept);
        assertEquals(200, answer.status());
        return answer.body();
    }

    private byte[] replayed(long step) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ReplayCommand(out)
                .run(new ReplayCommand.Settings(
                        run.run,
                        step,
                        null,
                        ReplayCommand.Format.SAFETENSORS,
                        null,
                        new KafkaSettings(KafkaCluster.bootstrap(), Map.of())));
        return out.toByteArray();
    }

    @Test
    void tokensPastTheBoundAreMaskedTheSameEachTimeTheStepIsServed() throws Exception {
        // The masks as generated: 0 1 0 and 1 0 1. At version 7 with a bound of 1, what is older than 6 is masked.
        byte[] json;
        byte[] blob;
        try (TrainerProcess trainer = run.start(MASKING)) {
            assertOk(trainer.post("/v1/policy", "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 7}"));
            run.publish(List.of(group(0, 3, 4, 5), group(1, 4, 5, 6), group(2, 7, 7, 7), group(3, 6, 6, 6)));
            Await.until(
                    "all have finished",
                    () -> trainer.get("/v1/status").json().path("finished").longValue() == 4,
                    TrainerRun.LIMIT);
            assertOk(trainer.lease(0, 20000));
            json = batch(trainer, "application/json");
            blob = batch(trainer, SAFETENSORS);
            JsonNode batch = trainer.batch().json();
            // Group 1 comes first, all whose tokens count are of the oldest version that does; group 0 has none left.
            assertEquals("[1,3]", indices(batch));
            assertEquals(
                    "[[0,0,0],[0,0,1]]",
                    "[" + batch.path("groups").path(0).path(0).path("loss_mask") + ","
                            + batch.path("groups").path(0).path(1).path("loss_mask") + "]");
            assertEquals(2, batch.path("masked_tokens").longValue());
            assertEquals(1, batch.path("staleness").path("max").longValue());
            String metrics = new String(trainer.get("/metrics", "*/*").body(), StandardCharsets.UTF_8);
            assertTrue(metrics.contains("millrace_trainer_masked_tokens_total{run=\"" + run.run + "\"} 2.0"), metrics);
        }
        RolloutBatch decoded = RolloutBatchCodec.decode(blob);
        assertEquals(2, decoded.header().maskedTokens());
        assertArrayEquals(
                new byte[] {0, 0, 0, 0, 0, 1}, decoded.groups().getFirst().lossMask());
        assertEquals(
                List.of("stale"),
                run.records(run.topics.steps(), StepRecord.Discard.class).stream()
                        .map(StepRecord.Discard::reason)
                        .toList());

        // Whatever the settings are by then.
        try (TrainerProcess trainer = run.start(Map.of())) {
            assertOk(trainer.lease(0, 20000));
            assertArrayEquals(json, batch(trainer, "application/json"));
            assertArrayEquals(blob, batch(trainer, SAFETENSORS));
            assertOk(trainer.acknowledge("{\"weight_version\": 8}"));
            assertArrayEquals(blob, replayed(0));
            assertOk(trainer.post("/v1/resume", "{\"step\": 0, \"mode\": \"replay\", \"lineage\": 1}"));
            assertOk(trainer.lease(0, 20000));
            RolloutBatch again = RolloutBatchCodec.decode(batch(trainer, SAFETENSORS));
            assertEquals(decoded.header().maskBelow(), again.header().maskBelow());
            assertArrayEquals(
                    decoded.groups().getFirst().lossMask(),
                    again.groups().getFirst().lossMask());
        }
    }

    @Test
    void withoutTheSettingAGroupWithATokenPastTheBoundIsDiscardedAndNothingIsMasked() throws Exception {
        try (TrainerProcess trainer = run.start(Map.of("max-staleness", "1", "on-stale", "discard"))) {
            assertOk(trainer.post("/v1/policy", "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 7}"));
            run.publish(List.of(group(0, 7, 7, 7), group(1, 4, 5, 6), group(2, 7, 7, 7)));
            assertOk(trainer.lease(0, 20000));
            JsonNode batch = trainer.batch().json();
            assertEquals("[0,2]", indices(batch));
            assertEquals(0, batch.path("masked_tokens").longValue());
        }
        assertNull(run.records(run.topics.steps(), StepRecord.Lease.class)
                .getLast()
                .maskBelow());
    }

    private static String indices(JsonNode batch) {
        StringBuilder indices = new StringBuilder();
        for (JsonNode group : batch.path("groups")) {
            indices.append(indices.isEmpty() ? "[" : ",")
                    .append(group.path(0).path("group_index").longValue());
        }
        return indices.append(']').toString();
    }
}
