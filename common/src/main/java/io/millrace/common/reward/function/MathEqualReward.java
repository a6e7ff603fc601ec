package io.millrace.common.reward.function;

import io.millrace.common.reward.BoxedAnswer;
import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.math.MathEquality;
import io.millrace.common.rollout.Reward;
import java.util.Optional;

/**
 * 1 when the last boxed answer of the response means the same as the label, else 0. What "the same" is says {@link
 * MathEquality}: more often than slime's {@code math} what a person would say, and so not comparable with its curves.
 */
public final class MathEqualReward implements NamedReward {
    private static final Reward RIGHT = Reward.of(1);
    private static final Reward WRONG = Reward.of(0);

    @Override
    public String name() {
        return "math-equal";
    }

    @Override
    public LabelRule labels() {
        return LabelRule.ANSWER;
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String expected = request.label(this);
        Optional<String> answer = BoxedAnswer.last(request.response());
        return answer.isPresent() && MathEquality.equal(answer.get(), expected) ? RIGHT : WRONG;
    }

    /** Itself: it looks into the box anyway. */
    @Override
    public RewardFunction onBoxedAnswer() {
        return this;
    }
}
