package io.millrace.sandbox.engine.sglang;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import io.millrace.sandbox.engine.http.Exchange;
import io.millrace.sandbox.engine.model.SamplingOptions;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.GenerateRequest;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads the body of /generate. Fields that change nothing here (session_id, priority, routing keys, ...) are passed over;
 * fields that ask for what the toy model cannot do are refused by name rather than ignored. Stateless.
 */
final class GenerateParser {
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
            @Nullable Boolean returnRoutedExperts,
            @Nullable Integer routedExpertsStartLen,
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
            @Nullable Double minP,
            @JsonAnySetter Map<String, JsonNode> others) {}

    /**
     * The request in these bytes; a rid is made up where none is given.
     *
     * @throws Refusal saying what is wrong
     */
    static GenerateRequest parse(byte[] json) {
        Body body;
        try {
            body = Exchange.MAPPER.readValue(json, Body.class);
        } catch (JacksonException e) {
            boolean list = e.getOriginalMessage().contains("START_ARRAY");
            String place = Exchange.place(e, " ");
            throw Refusal.malformed((place.isEmpty() ? "body" : place) + " is not valid JSON or not what it must be: "
                    + e.getOriginalMessage() + (list ? "; batches are not supported" : ""));
        }
        unsupported(body.others);
        unsupported("stream=true", Boolean.TRUE.equals(body.stream));
        unsupported("top_logprobs_num above 0", requireNonNullElse(body.topLogprobsNum, 0) != 0);
        unsupported("logprob_start_len other than -1", requireNonNullElse(body.logprobStartLen, -1) != -1);
        String rid = body.rid == null ? UUID.randomUUID().toString().replace("-", "") : body.rid;
        return new GenerateRequest(
                rid,
                rid,
                prompt(body),
                body.samplingParams == null ? SamplingOptions.DEFAULTS : options(body.samplingParams),
                Boolean.TRUE.equals(body.returnLogprob),
                Boolean.TRUE.equals(body.returnTextInLogprobs),
                Boolean.TRUE.equals(body.returnRoutedExperts) ? requireNonNullElse(body.routedExpertsStartLen, 0) : -1);
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
        double minP = requireNonNullElse(asked.minP, 0.0);
        if (!(minP >= 0 && minP <= 1)) {
            throw Refusal.invalid("min_p must be in [0, 1], got " + minP + ".");
        }
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
                    requireNonNullElse(asked.ignoreEos, defaults.ignoreStopTokens()),
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
