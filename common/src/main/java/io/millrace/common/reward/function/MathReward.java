package io.millrace.common.reward.function;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.slime.SlimeMath;
import io.millrace.common.rollout.Reward;

/**
 * slime's {@code math} (slime/rollout/rm_hub/math_utils.py): 1 when the last boxed answer of the response is the label's,
 * else 0, as {@link SlimeMath} has it.
 *
 * <p>One difference: a label that no answer could be compared with is refused, where slime would score 0 for all.
 */
public final class MathReward implements NamedReward {
    private static final Reward RIGHT = Reward.of(1);
    private static final Reward WRONG = Reward.of(0);

    @Override
    public String name() {
        return "math";
    }

    @Override
    public LabelRule labels() {
        return LabelRule.ANSWER;
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String label = request.checkedLabel(this);
        return SlimeMath.isRight(request.response(), label) ? RIGHT : WRONG;
    }

    /** Itself: it looks into the box anyway. slime would look for a box inside the box and always answer 0. */
    @Override
    public RewardFunction onBoxedAnswer() {
        return this;
    }
}
