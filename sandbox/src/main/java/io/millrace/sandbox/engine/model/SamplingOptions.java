package io.millrace.sandbox.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sampling parameters the toy model honours, with SGLang's defaults; see SGLang's sampling_params documentation.
 *
 * @param temperature 0 or more; at 0 the same prompt always has the same answer
 * @param topP above 0, at most 1
 * @param topK -1 for all, or 1 or more
 * @param maxNewTokens 0 or more
 * @param minNewTokens 0 or more, at most {@code maxNewTokens}; no stop token ends the completion before
 * @param stop strings that end the completion
 * @param stopTokenIds tokens that end the completion
 * @param ignoreEos whether the end of text is generated over
 * @param ignoreStopTokens whether stop tokens are generated over; SGLang's ignore_eos means both, vLLM's the one above
 * @param noStopTrim whether the text keeps what ended it
 * @param skipSpecialTokens whether the text leaves special tokens out
 * @param samplingSeed with it, the same request always has the same answer
 */
public record SamplingOptions(
        double temperature,
        double topP,
        int topK,
        int maxNewTokens,
        int minNewTokens,
        List<String> stop,
        int[] stopTokenIds,
        boolean ignoreEos,
        boolean ignoreStopTokens,
        boolean noStopTrim,
        boolean skipSpecialTokens,
        @Nullable Long samplingSeed) {
    /** SGLang's default. */
    public static final int DEFAULT_MAX_NEW_TOKENS = 128;

    /** All defaults. */
    public static final SamplingOptions DEFAULTS = new SamplingOptions(
            1.0, 1.0, -1, DEFAULT_MAX_NEW_TOKENS, 0, List.of(), new int[0], false, false, false, true, null);

    public SamplingOptions {
        stop = List.copyOf(stop);
        check(temperature >= 0 && Double.isFinite(temperature), "temperature", "0 or more", temperature);
        check(topP > 0 && topP <= 1, "top_p", "above 0, at most 1", topP);
        check(topK == -1 || topK >= 1, "top_k", "-1 or 1 or more", topK);
        check(maxNewTokens >= 0, "max_new_tokens", "0 or more", maxNewTokens);
        check(minNewTokens >= 0 && minNewTokens <= maxNewTokens, "min_new_tokens", "0 to max_new_tokens", minNewTokens);
        check(stop.stream().noneMatch(String::isEmpty), "stop", "strings that are not empty", stop);
        for (int id : stopTokenIds) {
            check(
                    id >= 0 && id < ToyTokenizer.VOCABULARY_SIZE,
                    "stop_token_ids",
                    "0 to " + (ToyTokenizer.VOCABULARY_SIZE - 1),
                    id);
        }
    }

    private static void check(boolean holds, String name, String range, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + range + ", was " + value);
        }
    }
}
