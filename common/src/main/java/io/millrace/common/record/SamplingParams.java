package io.millrace.common.record;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How samples are drawn; the names are SGLang's and slime's (slime/rollout/sglang_rollout.py).
 *
 * @param temperature 0 or more; 0 is greedy
 * @param topP above 0, at most 1
 * @param topK -1 for all, or 1 or more
 * @param maxNewTokens 1 or more, response tokens of one sample
 * @param stop strings that end a sample
 * @param stopTokenIds tokens that end a sample
 * @param skipSpecialTokens whether special tokens are left out of the text
 * @param extra further engine parameters, passed on untouched and winning over none of the above
 * @param tensors names of what each answer must bring beside tokens and log-probabilities, such as {@code routed_experts};
 *     null where that is nothing
 */
public record SamplingParams(
        double temperature,
        double topP,
        int topK,
        int maxNewTokens,
        List<String> stop,
        List<Integer> stopTokenIds,
        boolean skipSpecialTokens,
        ObjectNode extra,
        @Nullable List<String> tensors) {
    /** In {@link #extra}, SGLang's name for the seed that makes drawing the same twice. */
    public static final String SEED = "sampling_seed";

    public SamplingParams {
        stop = List.copyOf(stop);
        stopTokenIds = List.copyOf(stopTokenIds);
        tensors = tensors == null || tensors.isEmpty() ? null : List.copyOf(tensors);
        check(temperature >= 0 && Double.isFinite(temperature), "temperature", "0 or more", temperature);
        check(topP > 0 && topP <= 1, "top_p", "above 0, at most 1", topP);
        check(topK == -1 || topK >= 1, "top_k", "-1 or 1 or more", topK);
        check(maxNewTokens >= 1, "max_new_tokens", "1 or more", maxNewTokens);
    }

    /** Without tensors. */
    public SamplingParams(
            double temperature,
            double topP,
            int topK,
            int maxNewTokens,
            List<String> stop,
            List<Integer> stopTokenIds,
            boolean skipSpecialTokens,
            ObjectNode extra) {
        this(temperature, topP, topK, maxNewTokens, stop, stopTokenIds, skipSpecialTokens, extra, null);
    }

    /** The names of {@link #tensors}. */
    public List<String> answerTensors() {
        return tensors == null ? List.of() : tensors;
    }

    /**
     * Those of one sample of a group: samples with one seed would all be the same, so the next has the next, as in slime.
     *
     * @param sample 0 for the group's first
     */
    public SamplingParams ofSample(int sample) {
        if (!extra.path(SEED).isIntegralNumber()) {
            return this;
        }
        ObjectNode own = extra.deepCopy().put(SEED, extra.path(SEED).longValue() + sample);
        return new SamplingParams(
                temperature, topP, topK, maxNewTokens, stop, stopTokenIds, skipSpecialTokens, own, tensors);
    }

    /** The same, drawn otherwise: of one turn of a sample. */
    public SamplingParams drawn(double temperature, double topP, int maxNewTokens, List<String> stop) {
        return new SamplingParams(
                temperature, topP, topK, maxNewTokens, stop, stopTokenIds, skipSpecialTokens, extra, tensors);
    }

    private static void check(boolean holds, String name, String range, Number value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + range + ", was " + value);
        }
    }

    /** slime's defaults with this response limit. */
    public static SamplingParams defaults(int maxNewTokens) {
        return new SamplingParams(
                1.0, 1.0, -1, maxNewTokens, List.of(), List.of(), false, JsonNodeFactory.instance.objectNode());
    }
}
