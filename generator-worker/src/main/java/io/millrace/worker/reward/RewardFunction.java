package io.millrace.worker.reward;

import io.millrace.common.reward.BoxedAnswer;
import io.millrace.common.rollout.Reward;
import io.millrace.worker.score.RewardScorer;

/**
 * Judges one sample. Called from many threads at once, so it must be stateless or safe for them. It should answer in
 * milliseconds and within bounded work; {@link RewardScorer} gives up on it at its deadline but cannot end it. A
 * function that waits must heed interrupts.
 */
@FunctionalInterface
public interface RewardFunction {
    /**
     * @throws RewardException when the sample cannot be judged, such as for want of a label; a wrong or unreadable
     *     response is no such case, it has the lowest reward
     */
    Reward score(RewardRequest request) throws RewardException;

    /**
     * What the prefix {@code boxed_} makes of this function: by default it then judges only the inside of the
     * response's last {@code \boxed{}}, the empty text where there is none (slime/rollout/rm_hub/__init__.py).
     */
    default RewardFunction onBoxedAnswer() {
        return request ->
                score(request.withResponse(BoxedAnswer.last(request.response()).orElse("")));
    }
}
