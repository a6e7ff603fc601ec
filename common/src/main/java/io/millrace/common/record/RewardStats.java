package io.millrace.common.record;

import java.util.Arrays;

/**
 * What a group's rewards come to.
 *
 * @param mean of the samples' reward values
 * @param std population standard deviation of the same
 */
public record RewardStats(double mean, double std) {
    /** @param rewards of the samples, at least one */
    public static RewardStats of(double... rewards) {
        if (rewards.length == 0) {
            throw new IllegalArgumentException("statistics need at least one reward");
        }
        double mean = Arrays.stream(rewards).average().orElseThrow();
        double variance = Arrays.stream(rewards)
                .map(reward -> (reward - mean) * (reward - mean))
                .average()
                .orElseThrow();
        return new RewardStats(mean, Math.sqrt(variance));
    }
}
