package io.millrace.common.reward.function;

import io.millrace.common.json.Json;
import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.MinervaNormalizer;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/**
 * slime's {@code dapo} (slime/rollout/rm_hub/math_dapo_utils.py): the text after the last {@code Answer:} in the last 300
 * characters, normalised as Minerva does, must be the label's integer. Value: +1 or -1; detail:
 * {@code {score, acc, pred}}.
 *
 * <p>One difference: slime reads the label through a double, so that labels beyond 2^53 compare with a number that nobody
 * wrote; here they stay exact.
 */
public final class DapoReward implements NamedReward {
    /** In code points, as Python counts; also what bounds the regex below. */
    private static final int TAIL_LENGTH = 300;

    private static final String NO_ANSWER = "[INVALID]";
    private static final Pattern ANSWER = Pattern.compile("(?iU)Answer\\s*:\\s*([^\\n]+)");

    @Override
    public String name() {
        return "dapo";
    }

    @Override
    public LabelRule labels() {
        return LabelRule.NUMBER;
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String truth = request.label(this);
        String answer = NO_ANSWER;
        Matcher matcher = ANSWER.matcher(tail(request.response()));
        while (matcher.find()) {
            answer = matcher.group(1);
        }
        String predicted = MinervaNormalizer.normalize(answer);
        boolean right = predicted.equals(truth);
        double score = right ? 1 : -1;
        ObjectNode detail = Json.object();
        detail.put("score", score);
        detail.put("acc", right);
        detail.put("pred", predicted);
        return new Reward(score, detail);
    }

    private static String tail(String response) {
        // At most two chars a code point; cut first, so that counting does not walk a megabyte.
        String end = response.substring(Math.max(0, response.length() - 2 * TAIL_LENGTH));
        int count = end.codePointCount(0, end.length());
        return count <= TAIL_LENGTH ? end : end.substring(end.offsetByCodePoints(0, count - TAIL_LENGTH));
    }
}
