package io.millrace.worker.score;

import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.Rewards;
import io.millrace.common.rollout.Reward;
import io.millrace.worker.score.outside.RewardKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rewards as a worker is told to use them.
 *
 * @param keys of the number that counts of one that is an object
 * @param groups whether those that can judge a group at once do, whatever the prompt says
 */
record RunRewards(Rewards rewards, RewardKeys keys, boolean groups) implements RewardFunction {
    @Override
    public Reward score(RewardRequest request) throws RewardException {
        return keys.counted(rewards.score(request), request);
    }

    @Override
    public Optional<GroupReward> ofGroups(ObjectNode metadata) throws RewardException {
        return (groups ? rewards.atOnce(metadata) : rewards.ofGroups(metadata)).map(this::counted);
    }

    private GroupReward counted(GroupReward reward) {
        return samples -> {
            List<Reward> rewards = reward.scoreGroup(samples);
            List<Reward> counted = new ArrayList<>();
            for (int i = 0; i < rewards.size(); i++) {
                counted.add(keys.counted(rewards.get(i), samples.get(Math.min(i, samples.size() - 1))));
            }
            return counted;
        };
    }
}
