package io.millrace.common.reward;

import io.millrace.common.rollout.Reward;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Judges one sample. Called from many threads at once, so it must be stateless or safe for them. */
@FunctionalInterface
public interface RewardFunction {
    /**
     * It should answer in milliseconds and within bounded work: who runs it gives up on it at its deadline but cannot end
     * it. A function that waits must heed interrupts.
     *
     * @throws RewardException when the sample cannot be judged, such as for want of a label; a wrong or unreadable
     *     response is no such case, it has the lowest reward
     */
    Reward score(RewardRequest request) throws RewardException;

    /**
     * What judges the samples of a group of this prompt at once, when they are all generated.
     *
     * @return empty when each is judged alone
     * @throws RewardException when the prompt has no reward
     */
    default Optional<GroupReward> ofGroups(ObjectNode metadata) throws RewardException {
        return Optional.empty();
    }
}
