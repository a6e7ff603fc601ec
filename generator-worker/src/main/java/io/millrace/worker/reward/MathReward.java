package io.millrace.worker.reward;

import io.millrace.common.rollout.Reward;
import io.millrace.worker.reward.math.MathEquality;
import java.util.Optional;

/**
 * slime's {@code math}: 1 when the last boxed answer of the response means the same as the label, else 0. What "the same"
 * is, and where it differs from slime's sympy, says {@link MathEquality}.
 */
final class MathReward implements RewardFunction {
    private static final Reward RIGHT = Reward.of(1);
    private static final Reward WRONG = Reward.of(0);

    /** A longer label is a damaged data set, so it is said and not counted as a wrong answer. */
    private static final int LABEL_LENGTH_MAX = MathEquality.TEXT_LENGTH_MAX;

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String label = request.requiredLabel(LABEL_LENGTH_MAX);
        String expected = label;
        if (label.contains("\\boxed")) {
            expected = BoxedAnswer.last(label)
                    .orElseThrow(() -> new RewardException(
                            RewardFailure.BAD_LABEL, "the label has a \\boxed that is not closed: " + label));
        }
        Optional<String> answer = BoxedAnswer.last(request.response());
        return answer.isPresent() && MathEquality.equal(answer.get(), expected) ? RIGHT : WRONG;
    }

    /** Itself: it looks into the box anyway. slime would look for a box inside the box and always answer 0. */
    @Override
    public RewardFunction onBoxedAnswer() {
        return this;
    }
}
