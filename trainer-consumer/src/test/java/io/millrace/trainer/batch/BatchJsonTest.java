package io.millrace.trainer.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.wire.PackedGroup;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class BatchJsonTest {
    /** The fields of slime's Sample at 624b824a8, in order: what {@code to_dict} gives. */
    private static final List<String> SLIME_KEYS = List.of(
            "group_index",
            "index",
            "rollout_id",
            "prompt",
            "tokens",
            "multimodal_inputs",
            "multimodal_train_inputs",
            "multimodal_train_input_id",
            "apply_chat_template_kwargs",
            "response",
            "response_length",
            "label",
            "reward",
            "loss_mask",
            "weight_versions",
            "rollout_log_probs",
            "rollout_top_p_token_ids",
            "rollout_top_p_token_offsets",
            "rollout_routed_experts",
            "remove_sample",
            "teacher_log_probs",
            "status",
            "metadata",
            "generate_function_path",
            "custom_rm_path",
            "train_metadata",
            "session_id",
            "non_generation_time",
            "spec_info",
            "prefix_cache_info");

    private static JsonNode json(RolloutGroup... groups) {
        return json(null, groups);
    }

    private static JsonNode json(@Nullable WeightVersion maskBelow, RolloutGroup... groups) {
        StepRecord.Lease lease = new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(4),
                new LeaseId("00000000000000aa"),
                new WeightVersion(9),
                5,
                1,
                Stream.of(groups)
                        .map(group -> new StepRecord.ManifestEntry(
                                group.header().groupIndex(),
                                group.header().attempt(),
                                group.header().oldestWeightVersion(),
                                0,
                                List.of(1L)))
                        .toList(),
                maskBelow);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BatchJson.write(
                LeasedBatch.of(lease, Stream.of(groups).map(PackedGroup::of).toList()), out);
        return Json.MAPPER.readTree(out.toByteArray());
    }

    @Test
    void aSampleHasExactlyTheKeysOfSlimesToDict() {
        JsonNode batch = json(TestingRollouts.group(3, 1, 2), TestingRollouts.group(5, 1, 2));
        assertEquals(
                List.of("lineage", "step", "weight_version", "masked_tokens", "staleness", "groups"),
                List.copyOf(batch.propertyNames()));
        assertEquals(2, batch.path("groups").size());
        for (JsonNode group : batch.path("groups")) {
            assertEquals(2, group.size());
            for (JsonNode sample : group) {
                assertEquals(SLIME_KEYS, List.copyOf(sample.propertyNames()));
            }
        }
    }

    @Test
    void everySampleGetsItsOwnStretchOfTheTensors() {
        RolloutGroup group = TestingRollouts.group(3, 1, 2);
        JsonNode second = json(group).path("groups").path(0).path(1);
        assertEquals("[3105,3106,3107,3108,3109]", second.path("tokens").toString());
        assertEquals("[1,0,1]", second.path("loss_mask").toString());
        assertEquals("[-0.4,-0.5,-0.6]", second.path("rollout_log_probs").toString());
        assertEquals(7, second.path("index").intValue());
        assertEquals(3, second.path("response_length").intValue());
        assertEquals("[\"0\"]", second.path("weight_versions").toString());
        assertEquals("completed", second.path("status").stringValue());
        assertEquals(
                "{\"cached_tokens\":1,\"total_prompt_tokens\":2}",
                second.path("prefix_cache_info").toString());
        assertEquals("{}", second.path("apply_chat_template_kwargs").toString());
        assertEquals("what is 1+1?", second.path("prompt").stringValue());
        assertTrue(second.path("rollout_id").isNull());
    }

    @Test
    void samplesOfOneExecutionShareTheirRolloutIdAndHaveMetadataOfTheirOwn() {
        JsonNode group =
                json(TestingRollouts.withSiblings(3, 1, 2)).path("groups").path(0);
        assertTrue(group.path(0).path("rollout_id").isNull());
        assertEquals(7, group.path(1).path("rollout_id").intValue());
        assertEquals(7, group.path(2).path("rollout_id").intValue());
        assertEquals(
                "{\"rm_type\":\"math\",\"sibling\":1}",
                group.path(2).path("metadata").toString());
    }

    @Test
    void maskedTokensAreCountedAndDoNotMakeTheBatchStale() {
        RolloutGroup group = TestingRollouts.withVersions(TestingRollouts.group(3, 1, 2), 4, 5, 6);
        JsonNode plain = json(group);
        assertEquals(0, plain.path("masked_tokens").longValue());
        assertEquals(5, plain.path("staleness").path("max").longValue());
        JsonNode masked = json(new WeightVersion(6), group);
        assertEquals(2, masked.path("masked_tokens").longValue());
        assertEquals(3, masked.path("staleness").path("max").longValue());
        assertEquals(
                "[0,0,1]",
                masked.path("groups").path(0).path(1).path("loss_mask").toString());
    }

    @Test
    void aRewardThatIsAnObjectStaysOne() {
        Reward dapo = new Reward(1, Json.object().put("score", 1.0).put("pred", "2"));
        JsonNode sample = json(TestingRollouts.group(TestingRollouts.RUN, 0, 1, 1, dapo, "x"))
                .path("groups")
                .path(0)
                .path(0);
        assertEquals("{\"score\":1.0,\"pred\":\"2\"}", sample.path("reward").toString());
        assertEquals(
                0.5,
                json(TestingRollouts.group(0, 1, 1))
                        .path("groups")
                        .path(0)
                        .path(0)
                        .path("reward")
                        .doubleValue());
    }

    @Test
    void aTextCutInsideACharacterDoesNotBreakTheBatch() {
        String cut = "half \uD83D";
        JsonNode sample = json(TestingRollouts.group(TestingRollouts.RUN, 0, 1, 1, Reward.of(0), cut))
                .path("groups")
                .path(0)
                .path(0);
        assertEquals("half ?", sample.path("response").stringValue());
    }
}
