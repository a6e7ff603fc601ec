package io.millrace.common.reward.function;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.slime.SlimeMath;
import io.millrace.common.rollout.Reward;
import java.util.Optional;

/**
 * slime's {@code deepscaler} (slime/rollout/rm_hub/deepscaler.py): as {@code math}, of what stands behind the thoughts only; 0
 * for a response whose thoughts have no end.
 *
 * <p>One difference: a label that no answer could be compared with is refused, where slime would score 0 for all.
 */
public final class DeepscalerReward implements NamedReward {
    private static final String THOUGHTS_END = "</think>";
    private static final String RESPONSE = "###Response";

    @Override
    public String name() {
        return "deepscaler";
    }

    @Override
    public LabelRule labels() {
        return LabelRule.ANSWER;
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String label = request.checkedLabel(this);
        Optional<String> solution = solution(request.response());
        return Reward.of(solution.isPresent() && SlimeMath.isRight(solution.get(), label) ? 1 : 0);
    }

    /** What stands behind the last end of thoughts; else between the first mark of a response and the next. */
    private static Optional<String> solution(String response) {
        int thoughts = response.lastIndexOf(THOUGHTS_END);
        if (thoughts >= 0) {
            return Optional.of(response.substring(thoughts + THOUGHTS_END.length()));
        }
        int mark = response.indexOf(RESPONSE);
        if (mark < 0) {
            return Optional.empty();
        }
        int begin = mark + RESPONSE.length();
        int end = response.indexOf(RESPONSE, begin);
        return Optional.of(response.substring(begin, end < 0 ? response.length() : end));
    }
}
