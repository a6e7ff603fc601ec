package io.millrace.common.reward.math;

import java.util.List;

/** An answer as it was understood. */
sealed interface Answer {
    /** One value; {@code percent} when a percent sign follows it, the value being what stands before the sign. */
    record Scalar(Term term, boolean percent) implements Answer {}

    /** A point or an interval: brackets and order count. */
    record Tuple(String open, String close, List<Answer> elements) implements Answer {}

    /** A set, or a list without brackets such as all solutions of an equation: order does not count. */
    record Collection(List<Answer> elements) implements Answer {}

    /** A union of intervals; order does not count. */
    record Union(List<Answer> parts) implements Answer {}

    /** An equation that is not just a name for its right side. */
    record Equation(Answer left, Answer right) implements Answer {}

    /** Words or notation without a value: compared as text. */
    record Unread(String folded) implements Answer {}
}
