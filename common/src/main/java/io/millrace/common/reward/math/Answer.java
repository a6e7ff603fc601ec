package io.millrace.common.reward.math;

import java.util.List;

/** An answer as it was understood. */
sealed interface Answer {
    /**
     * One value; {@code percent} when a percent sign follows it, the value being what stands before the sign.
     *
     * @param tokens it was read from, without units
     */
    record Scalar(Term term, boolean percent, List<Token> tokens) implements Answer {}

    /** A point or an interval: brackets and order count. */
    record Tuple(String open, String close, List<Answer> elements) implements Answer {}

    /** A set, or a list without brackets such as all solutions of an equation: order does not count. */
    record Collection(List<Answer> elements) implements Answer {}

    /** A union of intervals; order does not count. */
    record Union(List<Answer> parts) implements Answer {}

    /** An equation that is not just a name for its right side. */
    record Equation(Answer left, Answer right) implements Answer {}

    /** A matrix or another table, by rows; its brackets do not count. */
    record Table(List<List<Answer>> rows) implements Answer {}

    /**
     * Left is less than right, or unequal to it.
     *
     * @param sign {@code <}, {@code <=} or {@code !=}
     */
    record Relation(String sign, Answer left, Answer right) implements Answer {}

    /** Words or notation without a value: compared as text. */
    record Unread(List<Token> tokens) implements Answer {
        String folded() {
            return Token.folded(tokens);
        }
    }
}
