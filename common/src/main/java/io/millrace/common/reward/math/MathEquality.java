package io.millrace.common.reward.math;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Value;
import io.millrace.common.reward.math.value.Work;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Whether a given answer means the same as the expected one. Three questions, the first yes counts:
 *
 * <ol>
 *   <li>Are they the same text in mathd's normal form ({@link MathdNormalizer})? slime asks this first, too.
 *   <li>Are they the same tokens, case of words aside?
 *   <li>Have they the same structure and exactly the same values? Numbers, decimals, percent, fractions, mixed numbers,
 *       roots, pi, letters; in tuples, intervals, sets, lists, unions, matrices, relations and equations, the last two but
 *       for a factor. No rounding: 0.33 is not 1/3, though 0.333333333333333 is. What has no exact value here is compared
 *       as doubles ({@link NumericReader}), unless the expected value is rational.
 * </ol>
 *
 * <p>Against slime (sympy): fractions need not be in lowest terms, 50% is also 0.5, lists and sets compare without order.
 * As in slime, arithmetic that was left to do is no answer where the expected one is worked out: 17*23 is not 391 (see
 * {@link Term.Form}). Being lenient twice is not transitive: 50% equals both 50 and 0.5.
 *
 * <p>Pure and bounded: texts above {@link #TEXT_LENGTH_MAX} and comparisons above the limits of {@link Work} are refused
 * with {@link Verdict#TOO_LARGE}.
 */
public final class MathEquality {
    /** In characters, of either text; labels have no more. */
    public static final int TEXT_LENGTH_MAX = LabelRule.ANSWER_LENGTH_MAX;

    private static final Pattern DECIMAL_COMMA =
            Pattern.compile("(?<![0-9,.(\\[{])(?:(0),([0-9]+)|([0-9]+),([0-9]{1,2}|[0-9]{4,}))(?![0-9,.)\\]}])");

    /** Letters get so many sets of values. */
    private static final int SEEDS = 6;

    private static final double TOLERANCE = 1e-9;

    /** A decimal with fewer digits than a double's is a number of its own: 0.33 is not 1/3. */
    private static final int ROUNDED_DECIMALS_MIN = 12;

    private static final int ROUNDED_DECIMALS_MAX = 100;

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
            Answer answer = new AnswerReader(work, false).read(tokens);
            Answer right = new AnswerReader(work, false).read(wanted);
            return same(answer, right, work) || sameEquation(tokens, wanted, work)
                    ? Verdict.EQUAL
                    : decimalComma(given, expected, work);
        } catch (NotComparable e) {
            return e.reason() == NotComparable.Reason.LIMIT ? Verdict.TOO_LARGE : Verdict.DIFFERENT;
        }
    }

    /** Where a comma is the decimal point of one of them. */
    private static Verdict decimalComma(String given, String expected, Work work) {
        String one = DECIMAL_COMMA.matcher(given).replaceAll("$1$3.$2$4");
        String other = DECIMAL_COMMA.matcher(expected).replaceAll("$1$3.$2$4");
        boolean changed = !one.equals(given) || !other.equals(expected);
        return changed ? judge(one, other, work) : Verdict.DIFFERENT;
    }

    /** Equations that are the same but for a factor: 2y = 4x + 6 and y - 2x - 3 = 0. */
    private static boolean sameEquation(List<Token> given, List<Token> expected, Work work) throws NotComparable {
        return new AnswerReader(work, true).read(given) instanceof Answer.Equation one
                && new AnswerReader(work, true).read(expected) instanceof Answer.Equation other
                && one.left() instanceof Answer.Scalar left
                && one.right() instanceof Answer.Scalar right
                && other.left() instanceof Answer.Scalar otherLeft
                && other.right() instanceof Answer.Scalar otherRight
                && difference(left, right, work).isMultipleOf(difference(otherLeft, otherRight, work), false, work);
    }

    private static Value difference(Answer.Scalar left, Answer.Scalar right, Work work) throws NotComparable {
        return left.term().value().plus(right.term().value().negate(), work);
    }

    private static boolean same(Answer given, Answer expected, Work work) throws NotComparable {
        work.spend(1);
        return switch (expected) {
            case Answer.Scalar scalar ->
                switch (given) {
                    case Answer.Scalar other -> sameScalar(other, scalar, work);
                    case Answer.Unread other -> sameNumbers(other.tokens(), scalar, work);
                    default -> false;
                };
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
            case Answer.Table table ->
                given instanceof Answer.Table other && sameRows(other.rows(), table.rows(), work);
            case Answer.Relation relation ->
                given instanceof Answer.Relation other && sameRelation(other, relation, work);
            case Answer.Unread words -> {
                if (given instanceof Answer.Unread other
                        && !words.folded().isEmpty()
                        && words.folded().equals(other.folded())) {
                    yield true;
                }
                yield given instanceof Answer.Unread other
                        ? sameNumbers(other.tokens(), words.tokens(), work)
                        : given instanceof Answer.Scalar scalar && sameNumbers(scalar.tokens(), words.tokens(), work);
            }
        };
    }

    private static boolean sameRows(List<List<Answer>> given, List<List<Answer>> expected, Work work)
            throws NotComparable {
        if (given.size() != expected.size()) {
            return false;
        }
        for (int i = 0; i < given.size(); i++) {
            if (!sameInOrder(given.get(i), expected.get(i), work)) {
                return false;
            }
        }
        return true;
    }

    /** The same sides, or the same but for a positive factor: -x > -1 is x < 1. */
    private static boolean sameRelation(Answer.Relation given, Answer.Relation expected, Work work)
            throws NotComparable {
        if (!given.sign().equals(expected.sign())) {
            return false;
        }
        if (same(given.left(), expected.left(), work) && same(given.right(), expected.right(), work)) {
            return true;
        }
        return given.left() instanceof Answer.Scalar left
                && given.right() instanceof Answer.Scalar right
                && expected.left() instanceof Answer.Scalar otherLeft
                && expected.right() instanceof Answer.Scalar otherRight
                && difference(left, right, work)
                        .isMultipleOf(
                                difference(otherLeft, otherRight, work),
                                !given.sign().equals("!="),
                                work);
    }

    /** Only where the expected value is no rational number: what comes to one was left to do. */
    private static boolean sameNumbers(List<Token> given, Answer.Scalar expected, Work work) throws NotComparable {
        return !expected.term().value().isRational() && sameNumbers(given, expected.tokens(), work);
    }

    /** As doubles, at some values of their letters. */
    private static boolean sameNumbers(List<Token> given, List<Token> expected, Work work) throws NotComparable {
        try {
            int valued = 0;
            for (int seed = 0; seed < SEEDS; seed++) {
                double one = NumericReader.read(given, seed, work);
                double other = NumericReader.read(expected, seed, work);
                if (Double.isFinite(one) != Double.isFinite(other)
                        || Math.abs(one - other) > TOLERANCE * Math.max(1, Math.abs(other))) {
                    return false;
                }
                valued += Double.isFinite(one) ? 1 : 0;
            }
            return valued > 1;
        } catch (NotComparable e) {
            if (e.reason() == NotComparable.Reason.LIMIT) {
                throw e;
            }
            return false;
        }
    }

    private static boolean sameScalar(Answer.Scalar given, Answer.Scalar expected, Work work) throws NotComparable {
        boolean leftToDo =
                given.term().form() == Term.Form.UNFINISHED && expected.term().form() != Term.Form.UNFINISHED;
        if (leftToDo) {
            return false;
        }
        Value left = given.term().value();
        Value right = expected.term().value();
        if (left.sameAs(right, work) || isRounded(given, right)) {
            return true;
        }
        if (sameNumbers(given.tokens(), expected, work)) {
            return true;
        }
        Value hundred = Value.of(Rational.of(100));
        if (given.percent() && !expected.percent()) {
            return left.sameAs(right.times(hundred, work), work);
        }
        return expected.percent() && !given.percent() && right.sameAs(left.times(hundred, work), work);
    }

    /** Whether it is a decimal of so many digits that it was rounded from the rational number, and meant as it. */
    private static boolean isRounded(Answer.Scalar given, Value expected) throws NotComparable {
        if (!expected.isRational() || given.tokens().isEmpty() || given.term().form() != Term.Form.NUMERAL) {
            return false;
        }
        String digits = given.tokens().getLast().text();
        int decimals = digits.length() - 1 - digits.indexOf('.');
        if (digits.indexOf('.') < 0 || decimals < ROUNDED_DECIMALS_MIN || decimals > ROUNDED_DECIMALS_MAX) {
            return false;
        }
        Rational off = given.term().value().rational().plus(expected.rational().negate());
        Rational one = Rational.of(BigInteger.ONE, BigInteger.TEN.pow(decimals));
        Rational size = off.signum() < 0 ? off.negate() : off;
        return size.compareTo(one) <= 0;
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
            return given.size() > expected.size() && haveTheSame(given, expected, work);
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

    /** Where one is said twice. */
    private static boolean haveTheSame(List<Answer> given, List<Answer> expected, Work work) throws NotComparable {
        return allIn(given, expected, work) && allIn(expected, given, work);
    }

    private static boolean allIn(List<Answer> some, List<Answer> all, Work work) throws NotComparable {
        for (Answer one : some) {
            boolean found = false;
            for (int i = 0; i < all.size() && !found; i++) {
                found = same(one, all.get(i), work);
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }
}
