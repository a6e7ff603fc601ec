package io.millrace.sandbox.policy;

/**
 * What the update needs of a sample.
 *
 * @param form of its prompt
 * @param kind that it answered
 * @param behaviourLogProb of that choice when it was made
 */
public record GroupSample(int form, int kind, double behaviourLogProb, double reward) {}
