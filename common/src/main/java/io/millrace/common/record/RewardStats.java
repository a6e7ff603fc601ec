package io.millrace.common.record;

/**
 * What a group's rewards come to.
 *
 * @param mean of the samples' reward values
 * @param std population standard deviation of the same
 */
public record RewardStats(double mean, double std) {}
