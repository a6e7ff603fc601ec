package io.millrace.worker.engine;

import io.millrace.common.record.SamplingParams;
import org.jspecify.annotations.Nullable;

/**
 * One sample asked of an engine.
 *
 * @param rid unique per request; names it in the engine's log and aborts it
 * @param inputIds the prompt's tokens; null when it goes as text
 * @param text the prompt's text; null when it goes as tokens
 */
public record GenerateRequest(
        String rid, int @Nullable [] inputIds, @Nullable String text, SamplingParams samplingParams) {
    public GenerateRequest {
        if ((inputIds == null) == (text == null)) {
            throw new IllegalArgumentException("a request has either input_ids or text");
        }
    }
}
