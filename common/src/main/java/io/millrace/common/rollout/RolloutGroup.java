package io.millrace.common.rollout;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One group as it leaves a worker and reaches the trainer. The arrays are shared, never copied: whoever holds a group
 * must not change them.
 *
 * @param header everything but the tensors
 * @param tokens prompt then response ids of every sample back to back; length: sum of {@code tokenCount()}
 * @param logProbs behaviour log-probabilities of the response tokens, samples back to back; length: sum of
 *     {@code responseLength()}; finite
 * @param lossMask 1 where a response token is trained on, 0 where not; same length as {@code logProbs}
 * @param extras further tensors, passed through untouched; names other than {@link #RESERVED}. One that samples have parts of
 *     ({@link SampleHeader#tensors}) has one dimension, with the samples' values back to back
 */
public record RolloutGroup(
        GroupHeader header, int[] tokens, float[] logProbs, byte[] lossMask, Map<String, Tensor> extras) {
    /** Names of our own tensors, in the order they stand in the blob. */
    public static final String TOKENS = "tokens";

    public static final String LOG_PROBS = "log_probs";
    public static final String LOSS_MASK = "loss_mask";

    /** Names that a further tensor cannot have: a blob has tensors of ours by them. */
    public static final Set<String> RESERVED =
            Set.of(TOKENS, LOG_PROBS, LOSS_MASK, "header", "response_bytes", "responses", "responses.zst");

    /** @throws IllegalArgumentException when lengths do not add up or a value is out of range; the message says which */
    public RolloutGroup {
        extras = Map.copyOf(extras);
        long tokenCount = 0;
        long responseCount = 0;
        for (SampleHeader sample : header.samples()) {
            tokenCount += sample.tokenCount();
            responseCount += sample.responseLength();
        }
        checkLength(TOKENS, tokens.length, tokenCount);
        checkLength(LOG_PROBS, logProbs.length, responseCount);
        checkLength(LOSS_MASK, lossMask.length, responseCount);
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] < 0) {
                throw new IllegalArgumentException("tokens[" + i + "] is negative: " + tokens[i]);
            }
        }
        for (int i = 0; i < logProbs.length; i++) {
            if (!Float.isFinite(logProbs[i])) {
                throw new IllegalArgumentException("log_probs[" + i + "] is not finite: " + logProbs[i]);
            }
        }
        for (int i = 0; i < lossMask.length; i++) {
            if (lossMask[i] != 0 && lossMask[i] != 1) {
                throw new IllegalArgumentException("loss_mask[" + i + "] must be 0 or 1, was " + lossMask[i]);
            }
        }
        for (String name : extras.keySet()) {
            if (RESERVED.contains(name)) {
                throw new IllegalArgumentException("an extra tensor must not be called " + name);
            }
        }
        Map<String, Tensor> present = extras;
        checkParts(header.samples(), name -> {
            Tensor tensor = present.get(name);
            return tensor == null ? null : tensor.shape();
        });
    }

    /**
     * Whether the further tensors of which samples have parts consist of just these.
     *
     * @param shapes of a tensor, by its name; null where there is none
     * @throws IllegalArgumentException when one does not
     */
    public static void checkParts(List<SampleHeader> samples, Function<String, long @Nullable []> shapes) {
        Map<String, Long> counts = new TreeMap<>();
        for (SampleHeader sample : samples) {
            for (String name : sample.tensorShapes().keySet()) {
                counts.merge(name, sample.tensorValues(name), Long::sum);
            }
        }
        counts.forEach((name, count) -> {
            long[] shape = shapes.apply(name);
            if (shape == null || shape.length != 1 || shape[0] != count) {
                throw new IllegalArgumentException("samples have " + count + " values of the tensor " + name + ", it "
                        + (shape == null ? "is not there" : "has the shape " + Arrays.toString(shape)));
            }
        });
    }

    private static void checkLength(String name, int length, long expected) {
        if (length != expected) {
            throw new IllegalArgumentException(
                    name + " has " + length + " values, the samples' lengths add up to " + expected);
        }
    }
}
