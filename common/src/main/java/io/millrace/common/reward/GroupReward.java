package io.millrace.common.reward;

import io.millrace.common.rollout.Reward;
import java.util.List;

/**
 * A reward that can judge the samples of a group at once, as slime's {@code --group-rm} has it: where prompts ask for it
 * in their metadata ({@link Rewards#GROUP_KEY}) or the worker is told to, it is asked once for each group, when the last
 * of its samples is generated. {@link RewardFunction} says what its scoring owes.
 */
@FunctionalInterface
public interface GroupReward {
    /**
     * @param samples of one group, in their order; at least one
     * @return one for each sample, in the same order
     * @throws RewardException when the group cannot be judged
     */
    List<Reward> scoreGroup(List<RewardRequest> samples) throws RewardException;
}
