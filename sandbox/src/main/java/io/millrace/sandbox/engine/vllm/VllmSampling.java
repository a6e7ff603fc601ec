package io.millrace.sandbox.engine.vllm;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonFormat;
import io.millrace.sandbox.engine.model.SamplingOptions;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's sampling parameters, as far as the toy model honours them or must refuse them. Others are passed over, as vLLM
 * does with those that it does not know.
 */
record VllmSampling(
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable Double minP,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable Integer maxTokens,
        @Nullable Integer minTokens,

        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) @Nullable
        List<String> stop,

        int @Nullable [] stopTokenIds,
        @Nullable Boolean ignoreEos,
        @Nullable Boolean includeStopStrInOutput,
        @Nullable Boolean skipSpecialTokens,
        @Nullable Long seed,
        @Nullable Integer n,
        @Nullable Integer logprobs,
        @Nullable Integer routedExpertsPromptStart) {
    /** What completions have without {@code max_tokens}. */
    private static final int DEFAULT_MAX_TOKENS = 16;

    private static final int LOGPROBS_MAX = 20;

    /**
     * What the model is asked.
     *
     * @param room tokens that the context leaves: a longer answer is cut there and not refused
     * @throws Refusal in vLLM's words
     */
    SamplingOptions options(int room) {
        int most = requireNonNullElse(maxTokens, DEFAULT_MAX_TOKENS);
        int least = requireNonNullElse(minTokens, 0);
        check(most, least);
        int cut = Math.min(most, room);
        return new SamplingOptions(
                requireNonNullElse(temperature, 1.0),
                requireNonNullElse(topP, 1.0),
                requireNonNullElse(topK, 0) <= 0 ? -1 : requireNonNullElse(topK, 0),
                cut,
                Math.min(least, cut),
                requireNonNullElse(stop, List.of()),
                requireNonNullElse(stopTokenIds, new int[0]),
                Boolean.TRUE.equals(ignoreEos),
                false,
                Boolean.TRUE.equals(includeStopStrInOutput),
                !Boolean.FALSE.equals(skipSpecialTokens),
                seed);
    }

    private void check(int most, int least) {
        double heat = requireNonNullElse(temperature, 1.0);
        if (!(heat >= 0)) {
            throw VllmErrors.parameter("temperature must be non-negative, got " + heat + ".", "temperature", heat);
        }
        double mass = requireNonNullElse(topP, 1.0);
        if (!(mass > 0 && mass <= 1)) {
            throw VllmErrors.parameter("top_p must be in (0, 1], got " + mass + ".", "top_p", mass);
        }
        refuse(
                requireNonNullElse(topK, 0) < -1,
                "top_k must be 0 (disable), or at least 1, got " + requireNonNullElse(topK, 0) + ".");
        within("min_p", minP, 0, 1);
        within("presence_penalty", presencePenalty, -2, 2);
        within("frequency_penalty", frequencyPenalty, -2, 2);
        if (most < 1) {
            throw VllmErrors.parameter("max_tokens must be at least 1, got " + most + ".", "max_tokens", most);
        }
        refuse(least < 0, "min_tokens must be greater than or equal to 0, got " + least + ".");
        refuse(least > most, "min_tokens must be less than or equal to max_tokens=" + most + ", got " + least + ".");
        refuse(requireNonNullElse(stop, List.<String>of()).contains(""), "stop cannot contain an empty string.");
        int[] stops = requireNonNullElse(stopTokenIds, new int[0]);
        int[] unknown = Arrays.stream(stops)
                .filter(id -> id < 0 || id >= ToyTokenizer.VOCABULARY_SIZE)
                .toArray();
        if (unknown.length > 0) {
            throw VllmErrors.parameter(
                    "token_id(s) " + Arrays.toString(unknown)
                            + " in stop_token_ids contain out-of-vocab token ids. Vocabulary size: "
                            + ToyTokenizer.VOCABULARY_SIZE,
                    "stop_token_ids",
                    Arrays.toString(unknown));
        }
        int alternatives = requireNonNullElse(logprobs, 0);
        if (alternatives > LOGPROBS_MAX) {
            throw VllmErrors.parameter(
                    "Requested sample logprobs of " + alternatives + ", which is greater than max allowed: "
                            + LOGPROBS_MAX,
                    "logprobs",
                    alternatives);
        }
        int samples = requireNonNullElse(n, 1);
        refuse(samples < 1, "n must be at least 1, got " + samples + ".");
        refuse(samples > 1, "n above 1 is not supported by the stand-in engine");
    }

    private static void within(String name, @Nullable Double value, int min, int max) {
        refuse(
                value != null && !(value >= min && value <= max),
                name + " must be in [" + min + ", " + max + "], got " + value + ".");
    }

    private static void refuse(boolean wrong, String message) {
        if (wrong) {
            throw Refusal.invalid(message);
        }
    }
}
