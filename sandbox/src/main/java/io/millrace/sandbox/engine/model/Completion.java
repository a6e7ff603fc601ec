package io.millrace.sandbox.engine.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the model says to one prompt. The arrays are shared, never changed.
 *
 * @param outputIds generated tokens, the one that ended the completion included
 * @param logProbIndexes one per token, into {@link LogProbs}
 * @param trueLogProbs one per token instead of those, of a model that has some; null of a script
 * @param trimmedTokens tokens at the end that the text leaves out, being the matched stop
 */
public record Completion(
        int[] outputIds,
        short[] logProbIndexes,
        float @Nullable [] trueLogProbs,
        FinishReason finish,
        int trimmedTokens) {
    public Completion {
        if (outputIds.length != logProbIndexes.length) {
            throw new IllegalArgumentException("every token needs one log-probability, were " + outputIds.length
                    + " and " + logProbIndexes.length);
        }
        if (trimmedTokens < 0 || trimmedTokens > outputIds.length) {
            throw new IllegalArgumentException(
                    "trimmedTokens must be 0 to " + outputIds.length + ", was " + trimmedTokens);
        }
    }

    /** The number of generated tokens. */
    public int tokens() {
        return outputIds.length;
    }

    /** The log-probability of a token. */
    public float logProb(int token) {
        return trueLogProbs == null ? LogProbs.value(logProbIndexes[token]) : trueLogProbs[token];
    }

    /** The generated text. */
    public String text(boolean skipSpecialTokens) {
        return ToyTokenizer.decode(outputIds, 0, outputIds.length - trimmedTokens, skipSpecialTokens);
    }

    /** The first tokens of this one, ended from outside. */
    public Completion abortedAfter(int tokens, String message) {
        return new Completion(
                Arrays.copyOf(outputIds, tokens),
                Arrays.copyOf(logProbIndexes, tokens),
                trueLogProbs == null ? null : Arrays.copyOf(trueLogProbs, tokens),
                new FinishReason.Abort(message),
                0);
    }
}
