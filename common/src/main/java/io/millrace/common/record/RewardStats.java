package io.millrace.common.record;

import java.util.Arrays;
import java.util.List;

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

    /** Over the samples of groups of equal size, from each group's own mean and standard deviation. */
    public static RewardStats over(List<RewardStats> groups) {
        double mean = groups.stream().mapToDouble(RewardStats::mean).average().orElse(0);
        double square = groups.stream()
                .mapToDouble(group -> group.std() * group.std() + group.mean() * group.mean())
                .average()
                .orElse(0);
        return new RewardStats(mean, Math.sqrt(Math.max(0, square - mean * mean)));
    }
}
