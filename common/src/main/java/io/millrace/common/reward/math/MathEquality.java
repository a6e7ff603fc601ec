package io.millrace.common.reward.math;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Value;
import io.millrace.common.reward.math.value.Work;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a given answer means the same as the expected one. Three questions, the first yes counts:
 *
 * <ol>
 *   <li>Are they the same text in mathd's normal form ({@link MathdNormalizer})? slime asks this first, too.
 *   <li>Are they the same tokens, case of words aside?
 *   <li>Have they the same structure and exactly the same values? Numbers, decimals, percent, fractions, mixed numbers,
 *       roots, pi, letters; in tuples, intervals, sets, lists, unions and equations. No rounding: 0.33 is not 1/3.
 * </ol>
 *
 * <p>Against slime (sympy): fractions need not be in lowest terms, 50% is also 0.5, lists and sets compare without order,
 * and functions (sin, log, factorials) have no value here. As in slime, arithmetic that was left to do is no answer where
 * the expected one is worked out: 17*23 is not 391 (see {@link Term.Form}). Being lenient twice is not transitive: 50%
 * equals both 50 and 0.5.
 *
 * <p>Pure and bounded: texts above {@link #TEXT_LENGTH_MAX} and comparisons above the limits of {@link Work} are refused
 * with {@link Verdict#TOO_LARGE}.
 */
public final class MathEquality {
    /** In characters, of either text; labels have no more. */
    public static final int TEXT_LENGTH_MAX = LabelRule.ANSWER_LENGTH_MAX;

    /** What a comparison found. */
    enum Verdict {
        EQUAL,
        DIFFERENT,
        /** More text or work than a comparison may take; counts as not equal. */
        TOO_LARGE
    }

    private MathEquality() {}

    /**
     * @param given by the model
     * @param expected by the data set
     */
    public static boolean equal(String given, String expected) {
        return judge(given, expected, new Work()) == Verdict.EQUAL;
    }

    static Verdict judge(String given, String expected, Work work) {
        if (given.length() > TEXT_LENGTH_MAX || expected.length() > TEXT_LENGTH_MAX) {
            return Verdict.TOO_LARGE;
        }
        String text = MathdNormalizer.normalize(given);
        if (!text.isEmpty() && text.equals(MathdNormalizer.normalize(expected))) {
            return Verdict.EQUAL;
        }
        List<Token> tokens = Lexer.tokens(given);
        List<Token> wanted = Lexer.tokens(expected);
        if (!tokens.isEmpty() && Token.folded(tokens).equals(Token.folded(wanted))) {
            return Verdict.EQUAL;
        }
        try {
            AnswerReader reader = new AnswerReader(work);
            return same(reader.read(tokens), reader.read(wanted), work) ? Verdict.EQUAL : Verdict.DIFFERENT;
        } catch (NotComparable e) {
            return e.reason() == NotComparable.Reason.LIMIT ? Verdict.TOO_LARGE : Verdict.DIFFERENT;
        }
    }

    private static boolean same(Answer given, Answer expected, Work work) throws NotComparable {
        work.spend(1);
        return switch (expected) {
            case Answer.Scalar scalar -> given instanceof Answer.Scalar other && sameScalar(other, scalar, work);
            case Answer.Tuple tuple ->
                given instanceof Answer.Tuple other
                        && other.open().equals(tuple.open())
                        && other.close().equals(tuple.close())
                        && sameInOrder(other.elements(), tuple.elements(), work);
            case Answer.Collection collection ->
                given instanceof Answer.Collection other
                        && sameInAnyOrder(other.elements(), collection.elements(), work);
            case Answer.Union union ->
                given instanceof Answer.Union other && sameInAnyOrder(other.parts(), union.parts(), work);
            case Answer.Equation equation ->
                given instanceof Answer.Equation other
                        && sameInAnyOrder(
                                List.of(other.left(), other.right()), List.of(equation.left(), equation.right()), work);
            case Answer.Unread words ->
                given instanceof Answer.Unread other
                        && !words.folded().isEmpty()
                        && words.folded().equals(other.folded());
        };
    }

    private static boolean sameScalar(Answer.Scalar given, Answer.Scalar expected, Work work) throws NotComparable {
        boolean leftToDo =
                given.term().form() == Term.Form.UNFINISHED && expected.term().form() != Term.Form.UNFINISHED;
        if (leftToDo) {
            return false;
        }
        Value left = given.term().value();
        Value right = expected.term().value();
        if (left.sameAs(right, work)) {
            return true;
        }
        Value hundred = Value.of(Rational.of(100));
        if (given.percent() && !expected.percent()) {
            return left.sameAs(right.times(hundred, work), work);
        }
        return expected.percent() && !given.percent() && right.sameAs(left.times(hundred, work), work);
    }

    private static boolean sameInOrder(List<Answer> given, List<Answer> expected, Work work) throws NotComparable {
        if (given.size() != expected.size()) {
            return false;
        }
        for (int i = 0; i < given.size(); i++) {
            if (!same(given.get(i), expected.get(i), work)) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameInAnyOrder(List<Answer> given, List<Answer> expected, Work work) throws NotComparable {
        if (given.size() != expected.size()) {
            return false;
        }
        List<Answer> left = new ArrayList<>(expected);
        for (Answer answer : given) {
            int match = -1;
            for (int i = 0; i < left.size() && match < 0; i++) {
                match = same(answer, left.get(i), work) ? i : -1;
            }
            if (match < 0) {
                return false;
            }
            left.remove(match);
        }
        return true;
    }
}
