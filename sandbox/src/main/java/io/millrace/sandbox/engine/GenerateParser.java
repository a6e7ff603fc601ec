package io.millrace.sandbox.engine;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.model.SamplingOptions;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.GenerateRequest;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/**
 * Reads the body of /generate. Fields that change nothing here (session_id, priority, routing keys, ...) are passed over;
 * fields that ask for what the toy model cannot do are refused by name rather than ignored. Stateless.
 */
final class GenerateParser {
    /** Takes no text for a number, no number for a text. */
    private static final JsonMapper MAPPER = Json.MAPPER
            .rebuild()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .withCoercionConfig(LogicalType.Textual, config -> {
                for (CoercionInputShape shape : CoercionInputShape.values()) {
                    config.setCoercion(shape, CoercionAction.Fail);
                }
            })
            .build();

    private static final Set<String> UNSUPPORTED = Set.of(
            "input_embeds",
            "image_data",
            "audio_data",
            "video_data",
            "token_ids_logprob",
            "lora_path",
            "json_schema",
            "regex",
            "ebnf",
            "structural_tag");

    private GenerateParser() {}

    /** @param others fields without a use here */
    private record Body(
            @Nullable String rid,
            @Nullable String text,
            int @Nullable [] inputIds,
            @Nullable Boolean returnLogprob,
            @Nullable Boolean returnTextInLogprobs,
            @Nullable Sampling samplingParams,
            @Nullable Boolean stream,
            @Nullable Integer topLogprobsNum,
            @Nullable Integer logprobStartLen,
            @JsonAnySetter Map<String, JsonNode> others) {}

    private record Sampling(
            @Nullable Double temperature,
            @Nullable Double topP,
            @Nullable Integer topK,
            @Nullable Integer maxNewTokens,
            @Nullable Integer minNewTokens,

            @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) @Nullable
            List<String> stop,

            int @Nullable [] stopTokenIds,
            @Nullable Boolean ignoreEos,
            @Nullable Boolean noStopTrim,
            @Nullable Boolean skipSpecialTokens,
            @Nullable Long samplingSeed,
            @Nullable Integer n,
            @JsonAnySetter Map<String, JsonNode> others) {}

    /**
     * The request in these bytes; a rid is made up where none is given.
     *
     * @throws Refusal saying what is wrong
     */
    static GenerateRequest parse(byte[] json) {
        Body body;
        try {
            body = MAPPER.readValue(json, Body.class);
        } catch (JacksonException e) {
            boolean list = e.getOriginalMessage().contains("START_ARRAY");
            throw Refusal.malformed(place(e) + " is not valid JSON or not what it must be: " + e.getOriginalMessage()
                    + (list ? "; batches are not supported" : ""));
        }
        unsupported(body.others);
        unsupported("stream=true", Boolean.TRUE.equals(body.stream));
        unsupported("top_logprobs_num above 0", requireNonNullElse(body.topLogprobsNum, 0) != 0);
        unsupported("logprob_start_len other than -1", requireNonNullElse(body.logprobStartLen, -1) != -1);
        return new GenerateRequest(
                body.rid == null ? UUID.randomUUID().toString().replace("-", "") : body.rid,
                prompt(body),
                body.samplingParams == null ? SamplingOptions.DEFAULTS : options(body.samplingParams),
                Boolean.TRUE.equals(body.returnLogprob),
                Boolean.TRUE.equals(body.returnTextInLogprobs));
    }

    /** Of what is wrong. */
    private static String place(JacksonException e) {
        return e.getPath().isEmpty()
                ? "body"
                : e.getPath().stream()
                        .map(at -> at.getPropertyName() == null ? "[" + at.getIndex() + "]" : at.getPropertyName())
                        .collect(Collectors.joining(" "));
    }

    private static int[] prompt(Body body) {
        if ((body.text == null) == (body.inputIds == null)) {
            throw Refusal.invalid("exactly one of text and input_ids must be given");
        }
        int[] prompt = body.text == null ? Objects.requireNonNull(body.inputIds) : ToyTokenizer.encode(body.text);
        if (prompt.length == 0) {
            throw Refusal.invalid("the prompt must have at least 1 token");
        }
        for (int i = 0; i < prompt.length; i++) {
            if (prompt[i] < 0 || prompt[i] >= ToyTokenizer.VOCABULARY_SIZE) {
                throw Refusal.invalid("input_ids[" + i + "] must be 0 to " + (ToyTokenizer.VOCABULARY_SIZE - 1)
                        + ", was " + prompt[i]);
            }
        }
        return prompt;
    }

    private static SamplingOptions options(Sampling asked) {
        unsupported("n above 1, a batch,", requireNonNullElse(asked.n, 1) != 1);
        unsupported(asked.others);
        SamplingOptions defaults = SamplingOptions.DEFAULTS;
        try {
            return new SamplingOptions(
                    requireNonNullElse(asked.temperature, defaults.temperature()),
                    requireNonNullElse(asked.topP, defaults.topP()),
                    requireNonNullElse(asked.topK, defaults.topK()),
                    requireNonNullElse(asked.maxNewTokens, defaults.maxNewTokens()),
                    requireNonNullElse(asked.minNewTokens, defaults.minNewTokens()),
                    requireNonNullElse(asked.stop, defaults.stop()),
                    requireNonNullElse(asked.stopTokenIds, defaults.stopTokenIds()),
                    requireNonNullElse(asked.ignoreEos, defaults.ignoreEos()),
                    requireNonNullElse(asked.noStopTrim, defaults.noStopTrim()),
                    requireNonNullElse(asked.skipSpecialTokens, defaults.skipSpecialTokens()),
                    asked.samplingSeed);
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid(String.valueOf(e.getMessage()));
        }
    }

    private static void unsupported(Map<String, JsonNode> others) {
        others.forEach((name, value) -> unsupported(name, UNSUPPORTED.contains(name) && !value.isNull()));
    }

    private static void unsupported(String what, boolean asked) {
        if (asked) {
            throw Refusal.malformed(what + " is not supported by the stand-in engine");
        }
    }
}
