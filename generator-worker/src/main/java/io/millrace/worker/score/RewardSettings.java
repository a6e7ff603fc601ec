package io.millrace.worker.score;

import io.millrace.common.config.Setting;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.Rewards;
import io.millrace.worker.score.outside.Judge;
import io.millrace.worker.score.outside.JudgeSettings;
import java.time.Duration;
import java.util.List;

/** How samples are scored. */
public record RewardSettings(
        @Setting(defaultValue = "0", help = "Seed of the random reward")
        long rewardSeed,

        @Setting(defaultValue = "4", range = "1 to 10000 scores", help = "Scores computed at once")
        int rewardConcurrency,

        @Setting(defaultValue = "30s", range = "1ms to 1h", help = "Limit of one score")
        Duration rewardTimeout,

        JudgeSettings judges) {
    /** @throws IllegalArgumentException when a reward of the class path cannot be used */
    public RewardSettings {
        Rewards.installed();
    }

    /** Those of the class path, with this seed, and those that judge outside. */
    public RewardFunction rewards(List<Judge> outside) {
        return new RunRewards(Rewards.installed().seeded(rewardSeed).with(outside), judges.keys(), judges.groupRm());
    }

    /** Of scores that run, and of those that hang. */
    public RewardScorer.Limits limits() {
        return new RewardScorer.Limits(rewardConcurrency, rewardConcurrency, rewardTimeout, rewardTimeout);
    }
}
