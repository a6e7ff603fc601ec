package io.millrace.worker.engine.dialect;

import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import org.jspecify.annotations.Nullable;

/**
 * One sample asked of an engine, from its beginning or from where it stands.
 *
 * @param rid unique per request; names it in the engine's log and aborts it
 * @param session names the sample in all its requests: a gateway that hashes it keeps them on one engine
 * @param inputIds the prompt's tokens and the response's so far; null when the prompt goes as text
 * @param text the prompt's text; null when it goes as tokens
 * @param samplingParams of the whole sample, with a seed of its own where the task has one
 * @param begunTokens how many of the response's tokens there are already, the last of {@code inputIds}; below the limit
 * @param tensorRows rows that the sample has already of the tensors which have one for each token
 * @param prompt as the task has it, for engines that take messages; null for what goes on behind tokens of another making
 * @param media images, videos and audio of the prompt, as the data set gives them
 * @param precedence where an engine orders its queue: lower ones go first, 0 is that of every first attempt
 */
public record GenerateRequest(
        String rid,
        String session,
        int @Nullable [] inputIds,
        @Nullable String text,
        SamplingParams samplingParams,
        int begunTokens,
        int tensorRows,
        @Nullable Prompt prompt,
        Media media,
        int precedence) {
    public GenerateRequest {
        if ((inputIds == null) == (text == null)) {
            throw new IllegalArgumentException("a request has either input_ids or text");
        }
        if (begunTokens < 0 || begunTokens >= samplingParams.maxNewTokens()) {
            throw new IllegalArgumentException(
                    "nothing is left to generate behind " + begunTokens + " of " + samplingParams.maxNewTokens());
        }
    }

    /** Without rows of tensors, of tokens or a text alone. */
    public GenerateRequest(
            String rid,
            String session,
            int @Nullable [] inputIds,
            @Nullable String text,
            SamplingParams samplingParams,
            int begunTokens,
            int precedence) {
        this(rid, session, inputIds, text, samplingParams, begunTokens, 0, null, Media.NONE, precedence);
    }

    /** The most tokens that the answer may have. */
    public int maxNewTokens() {
        return samplingParams.maxNewTokens() - begunTokens;
    }
}
