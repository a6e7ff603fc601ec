package io.millrace.common.reward.slime;

import io.millrace.common.reward.BoxedAnswer;
import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.math.MathdNormalizer;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import io.millrace.common.reward.slime.expression.Difference;
import java.util.List;
import java.util.Optional;

/**
 * What slime's {@code grade_answer_verl} says of a response: whether its last box has the label's answer. The same text in
 * mathd's normal form is right; so is the same in {@link NormalForm}, or the same elements there, each a fraction as
 * written, an integer where an integer is expected, or with a difference that sympy simplifies to 0.
 *
 * <p>Pure and bounded: what is longer than {@link #TEXT_LENGTH_MAX} or takes more than a {@link Work} is not the same.
 */
public final class SlimeMath {
    /** In characters, of either answer; labels have no more. */
    public static final int TEXT_LENGTH_MAX = LabelRule.ANSWER_LENGTH_MAX;

    private static final String BOXED = "\\boxed";

    private SlimeMath() {}

    /** @param label the answer, or a text with a box around it */
    public static boolean isRight(String response, String label) {
        Optional<String> given = BoxedAnswer.ofSlime(response);
        Optional<String> expected = label.contains(BOXED) ? BoxedAnswer.ofSlime(label) : Optional.of(label);
        return given.isPresent() && expected.isPresent() && isSame(given.get(), expected.get());
    }

    /** Whether an answer that a model gave is the one that is expected, both without their boxes. */
    public static boolean isSame(String given, String expected) {
        try {
            return isSame(given, expected, new Work());
        } catch (NotComparable e) {
            return false;
        }
    }

    static boolean isSame(String given, String expected, Work work) throws NotComparable {
        if (given.length() > TEXT_LENGTH_MAX || expected.length() > TEXT_LENGTH_MAX) {
            return false;
        }
        if (MathdNormalizer.original(given).equals(MathdNormalizer.original(expected))) {
            return true;
        }
        String got = NormalForm.of(given, work);
        String wanted = NormalForm.of(expected, work);
        if (got.equals(wanted)) {
            return true;
        }
        return !got.isEmpty() && haveSameElements(got, wanted, work);
    }

    private static boolean haveSameElements(String got, String wanted, Work work) throws NotComparable {
        List<String> given = AnswerParts.of(got);
        List<String> expected = AnswerParts.of(wanted);
        if (given.size() != expected.size()) {
            return false;
        }
        boolean sameEnds = wanted.startsWith(got.substring(0, 1)) && wanted.endsWith(got.substring(got.length() - 1));
        if (expected.size() > 1 && !sameEnds) {
            return false;
        }
        for (int i = 0; i < expected.size(); i++) {
            if (!isSameElement(given.get(i), expected.get(i), work)) {
                return false;
            }
        }
        return true;
    }

    /** Fractions have to be in the same terms, and an integer is no sum that comes to it. */
    private static boolean isSameElement(String given, String expected, Work work) throws NotComparable {
        if (AnswerParts.isFraction(given) && AnswerParts.isFraction(expected)) {
            return given.equals(expected);
        }
        return NormalForm.isInteger(given) == NormalForm.isInteger(expected)
                && Difference.isZero("(" + expected + ")-(" + given + ")", work);
    }
}
