package io.millrace.common.reward.function;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.math.AnswerText;
import io.millrace.common.reward.math.MathEquality;
import io.millrace.common.rollout.Reward;
import java.util.Optional;

/**
 * 1 when the answer of the response ({@link AnswerText}) means the same as the label, else 0. What "the same" is says
 * {@link MathEquality}: more often than slime's {@code math} what a person would say, and so not comparable with its curves.
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
        return score(request, AnswerText.of(request.response()));
    }

    /** A response without a box has no answer then. */
    @Override
    public RewardFunction onBoxedAnswer() {
        return request -> score(
                request, request.response().contains("\\boxed") ? AnswerText.of(request.response()) : Optional.empty());
    }

    private Reward score(RewardRequest request, Optional<String> answer) throws RewardException {
        Optional<String> expected = AnswerText.of(request.checkedLabel(this));
        return answer.isPresent() && expected.isPresent() && MathEquality.equal(answer.get(), expected.get())
                ? RIGHT
                : WRONG;
    }
}
