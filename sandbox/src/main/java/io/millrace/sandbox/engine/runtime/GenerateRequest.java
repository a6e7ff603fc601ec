package io.millrace.sandbox.engine.runtime;

import io.millrace.sandbox.engine.model.SamplingOptions;

/**
 * One call of /generate.
 *
 * @param rid request id, the caller's or made up
 * @param inputIds the prompt's tokens
 * @param returnLogProbs whether the answer lists tokens with log-probabilities
 * @param returnTextInLogProbs whether that list spells each token out
 */
public record GenerateRequest(
        String rid, int[] inputIds, SamplingOptions sampling, boolean returnLogProbs, boolean returnTextInLogProbs) {}
