package io.millrace.sandbox.engine;

import java.util.Arrays;

/**
 * What the model says to one prompt. The arrays are shared, never changed.
 *
 * @param outputIds generated tokens, the one that ended the completion included
 * @param logProbIndexes one per token, into {@link LogProbs}
 * @param trimmedTokens tokens at the end that the text leaves out, being the matched stop
 */
record Completion(int[] outputIds, short[] logProbIndexes, FinishReason finish, int trimmedTokens) {
    Completion {
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
    int tokens() {
        return outputIds.length;
    }

    /** The generated text. */
    String text(boolean skipSpecialTokens) {
        return ToyTokenizer.decode(outputIds, 0, outputIds.length - trimmedTokens, skipSpecialTokens);
    }

    /** The first tokens of this one, ended from outside. */
    Completion abortedAfter(int tokens, String message) {
        return new Completion(
                Arrays.copyOf(outputIds, tokens),
                Arrays.copyOf(logProbIndexes, tokens),
                new FinishReason.Abort(message),
                0);
    }
}
