package io.millrace.worker.score;

import io.millrace.common.config.Setting;
import java.time.Duration;

/** How samples are scored. */
public record RewardSettings(
        @Setting(name = "reward-seed", defaultValue = "0", help = "Seed of the random reward")
        long rewardSeed,

        @Setting(
                name = "reward-concurrency",
                defaultValue = "4",
                min = "1",
                max = "10000",
                unit = "scores",
                help = "Scores computed at once")
        int rewardConcurrency,

        @Setting(name = "reward-timeout", defaultValue = "30s", min = "1ms", max = "1h", help = "Limit of one score")
        Duration rewardTimeout) {
    /** Of scores that run, and of those that hang. */
    public RewardScorer.Limits limits() {
        return new RewardScorer.Limits(rewardConcurrency, rewardConcurrency, rewardTimeout, rewardTimeout);
    }
}
