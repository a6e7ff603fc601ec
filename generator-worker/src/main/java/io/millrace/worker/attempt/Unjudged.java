package io.millrace.worker.attempt;

/**
 * A sample that is through.
 *
 * @param sample as it will be written, worth nothing yet or what its generator says
 * @param rewarded whether its generator says what it is worth: then nobody else does
 */
public record Unjudged(WrittenSample sample, boolean rewarded) {}
