package io.millrace.trainer.batch;

import io.millrace.common.json.Json;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.common.wire.PackedGroup;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;

/**
 * A batch as JSON, its versions in the trainer's and the engines' own words: {@code {lineage, step, weight_version, masked_tokens, staleness, groups: [[sample,
 * ...], ...]}}, and {@code safetensors_only} where there are tensors that are not in it: their names. A sample has exactly the keys
 * of slime's {@code Sample.to_dict}, in its order (slime/utils/types.py at 624b824a8), so {@code Sample.from_dict} takes
 * it as it is. Values that Millrace does not make are null; tensors beyond tokens, log-probabilities and mask are only
 * in the safetensors form. Written as a stream. Stateless.
 */
public final class BatchJson {
    /** Escaped, since half a surrogate pair (an engine may cut a text there) has no UTF-8 form. */
    private static final ObjectWriter WRITER = Json.MAPPER.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private BatchJson() {}

    /** Writes to the stream and closes it. */
    public static void write(LeasedBatch batch, OutputStream out) {
        try (JsonGenerator json = WRITER.createGenerator(out)) {
            json.writeStartObject();
            json.writeNumberProperty("lineage", batch.lineage().value());
            json.writeNumberProperty("step", batch.step().value());
            json.writeNumberProperty("weight_version", batch.word().value());
            json.writeNumberProperty("masked_tokens", batch.maskedTokens());
            json.writeName("staleness");
            json.writePOJO(StalenessFigures.of(
                    batch.weightVersion(),
                    batch.maskBelow(),
                    batch.groups().stream().map(PackedGroup::header).toList()));
            Set<String> leftOut = new TreeSet<>();
            batch.groups().forEach(group -> leftOut.addAll(group.extraNames()));
            if (!leftOut.isEmpty()) {
                json.writePOJOProperty("safetensors_only", leftOut);
            }
            if (!batch.share().isWhole()) {
                json.writeObjectPropertyStart("share");
                json.writeNumberProperty("rank", batch.share().rank());
                json.writeNumberProperty("world", batch.share().world());
                json.writeEndObject();
            }
            GroupAdvantages advantages = batch.advantages();
            if (advantages != null) {
                json.writeArrayPropertyStart(GroupAdvantages.TENSOR);
                for (PackedGroup group : batch.groups()) {
                    json.writeStartArray();
                    for (float advantage : advantages.of(group.header())) {
                        json.writeNumber(advantage);
                    }
                    json.writeEndArray();
                }
                json.writeEndArray();
            }
            json.writeArrayPropertyStart("groups");
            for (PackedGroup group : batch.groups()) {
                group(json, group.unpack());
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    /** The samples of one group, as a batch has them. */
    public static JsonNode tree(PackedGroup group) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = WRITER.createGenerator(out)) {
            group(json, group.unpack());
        }
        return Json.MAPPER.readTree(out.toByteArray());
    }

    private static void group(JsonGenerator json, RolloutGroup group) {
        int tokensAt = 0;
        int responseAt = 0;
        json.writeStartArray();
        for (SampleHeader sample : group.header().samples()) {
            sample(json, group, sample, tokensAt, responseAt);
            tokensAt += sample.tokenCount();
            responseAt += sample.responseLength();
        }
        json.writeEndArray();
    }

    private static void sample(
            JsonGenerator json, RolloutGroup group, SampleHeader sample, int tokensAt, int responseAt) {
        GroupHeader header = group.header();
        json.writeStartObject();
        json.writeNumberProperty("group_index", header.groupIndex().value());
        json.writeNumberProperty("index", sample.index());
        json.writeName("rollout_id");
        json.writePOJO(sample.rolloutId());
        json.writeStringProperty("prompt", header.prompt().asText());
        json.writeName("tokens");
        json.writeArray(group.tokens(), tokensAt, sample.tokenCount());
        json.writeNullProperty("multimodal_inputs");
        json.writeNullProperty("multimodal_train_inputs");
        json.writeNullProperty("multimodal_train_input_id");
        json.writeObjectPropertyStart("apply_chat_template_kwargs");
        json.writeEndObject();
        json.writeStringProperty("response", sample.response());
        json.writeNumberProperty("response_length", sample.responseLength());
        json.writeName("label");
        json.writeString(header.label());
        reward(json, sample);
        json.writeArrayPropertyStart("loss_mask");
        for (int i = 0; i < sample.responseLength(); i++) {
            json.writeNumber(group.lossMask()[responseAt + i]);
        }
        json.writeEndArray();
        strings(json, "weight_versions", sample.engineWeightVersions());
        json.writeArrayPropertyStart("rollout_log_probs");
        for (int i = 0; i < sample.responseLength(); i++) {
            json.writeNumber(group.logProbs()[responseAt + i]);
        }
        json.writeEndArray();
        json.writeNullProperty("rollout_top_p_token_ids");
        json.writeNullProperty("rollout_top_p_token_offsets");
        json.writeNullProperty("rollout_routed_experts");
        json.writeBooleanProperty("remove_sample", false);
        json.writeNullProperty("teacher_log_probs");
        json.writeStringProperty("status", sample.status().word());
        json.writeName("metadata");
        json.writeTree(header.metadataOf(sample));
        json.writeNullProperty("generate_function_path");
        json.writeNullProperty("custom_rm_path");
        json.writeNullProperty("train_metadata");
        json.writeStringProperty("session_id", sample.sessionId());
        json.writeNumberProperty("non_generation_time", sample.nonGenerationSeconds());
        counters(json, sample);
        json.writeEndObject();
    }

    /** An object where the reward is one, since slime's {@code --reward-key} picks from it. */
    private static void reward(JsonGenerator json, SampleHeader sample) {
        json.writeName("reward");
        if (sample.reward().detail() != null) {
            json.writeTree(sample.reward().detail());
        } else {
            json.writeNumber(sample.reward().value());
        }
    }

    private static void counters(JsonGenerator json, SampleHeader sample) {
        SampleHeader.SpecInfo spec = sample.spec() == null ? new SampleHeader.SpecInfo(0, 0, 0, 0) : sample.spec();
        json.writeObjectPropertyStart("spec_info");
        json.writeNumberProperty("spec_accept_token_num", spec.specAcceptTokenNum());
        json.writeNumberProperty("spec_draft_token_num", spec.specDraftTokenNum());
        json.writeNumberProperty("spec_verify_ct", spec.specVerifyCt());
        json.writeNumberProperty("completion_token_num", spec.completionTokenNum());
        json.writeEndObject();
        json.writeObjectPropertyStart("prefix_cache_info");
        json.writeNumberProperty("cached_tokens", sample.cachedTokens());
        json.writeNumberProperty("total_prompt_tokens", sample.promptLength());
        json.writeEndObject();
    }

    private static void strings(JsonGenerator json, String name, List<String> values) {
        json.writeArrayPropertyStart(name);
        values.forEach(json::writeString);
        json.writeEndArray();
    }
}
