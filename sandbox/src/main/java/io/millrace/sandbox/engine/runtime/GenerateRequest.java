package io.millrace.sandbox.engine.runtime;

import io.millrace.sandbox.engine.model.SamplingOptions;

/**
 * One call of /generate.
 *
 * @param rid request id, the caller's or made up
 * @param ownId what the engine calls it, and what aborts it: the rid, or what a dialect makes of it
 * @param inputIds the prompt's tokens
 * @param returnLogProbs whether the answer lists tokens with log-probabilities
 * @param returnTextInLogProbs whether that list spells each token out
 * @param expertsFrom from which token on routed experts are asked for; negative where they are not
 */
public record GenerateRequest(
        String rid,
        String ownId,
        int[] inputIds,
        SamplingOptions sampling,
        boolean returnLogProbs,
        boolean returnTextInLogProbs,
        int expertsFrom) {}
