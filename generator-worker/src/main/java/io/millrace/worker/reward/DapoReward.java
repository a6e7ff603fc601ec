package io.millrace.worker.reward;

import io.millrace.common.json.Json;
import io.millrace.common.rollout.Reward;
import java.math.BigDecimal;
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
final class DapoReward implements RewardFunction {
    /** In code points, as Python counts; also what bounds the regex below. */
    private static final int TAIL_LENGTH = 300;

    /** Labels are integers; anything near this is something else. */
    private static final int LABEL_LENGTH_MAX = 1000;

    /** The largest decimal exponent of a double: slime fails beyond it, and 1e999999999 must not be written out. */
    private static final int EXPONENT_MAX = 308;

    private static final String NO_ANSWER = "[INVALID]";
    private static final Pattern ANSWER = Pattern.compile("(?iU)Answer\\s*:\\s*([^\\n]+)");
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(?:[0-9]{1,400}(?:\\.[0-9]{0,400})?|\\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,5})?");

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String truth = integerOf(request.requiredLabel(LABEL_LENGTH_MAX));
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

    /** The label as slime writes it before comparing: fractions of a decimal are cut off. */
    private static String integerOf(String label) throws RewardException {
        String normalized = MinervaNormalizer.normalize(label);
        if (!NUMBER.matcher(normalized).matches()) {
            throw new RewardException(RewardFailure.BAD_LABEL, "dapo needs a label that is a number, got: " + label);
        }
        BigDecimal number = new BigDecimal(normalized);
        if (number.signum() == 0) {
            return "0";
        }
        if (number.precision() - (long) number.scale() > EXPONENT_MAX + 1L) {
            throw new RewardException(
                    RewardFailure.BAD_LABEL, "dapo takes labels below 1e" + (EXPONENT_MAX + 1) + ", got: " + label);
        }
        return number.toBigInteger().toString();
    }
}
