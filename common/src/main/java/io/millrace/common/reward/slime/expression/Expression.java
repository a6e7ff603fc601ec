package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.Rational;
import java.util.List;

/** An expression as sympy reads it, before anything is computed. */
sealed interface Expression {
    /** An integer. */
    record Whole(Rational value) implements Expression {}

    /**
     * A number with a point or an exponent.
     *
     * @param exact as written
     * @param digits that are written
     */
    record Decimal(Rational exact, int digits) implements Expression {}

    /** A letter, or a name that sympy does not cut into letters. */
    record Letter(String name) implements Expression {}

    /** The number pi. */
    record Pi() implements Expression {}

    /** The square root of -1, which only a number with a j has. */
    record ImaginaryUnit() implements Expression {}

    /** Minus something. */
    record Negative(Expression of) implements Expression {}

    /**
     * Operands one after the other, computed from the left. Long ones are as long as a text may be and must not be deep.
     *
     * @param rest each with the operator before it
     */
    record Chain(Expression first, List<Step> rest) implements Expression {}

    /** An operator and what stands behind it. */
    record Step(Operator operator, Expression operand) {}

    /** A function of one argument. */
    record Call(Function function, Expression argument) implements Expression {}

    static Expression of(Expression first, Operator operator, Expression second) {
        return new Chain(first, List.of(new Step(operator, second)));
    }

    static Expression of(Expression first, List<Step> rest) {
        return rest.isEmpty() ? first : new Chain(first, rest);
    }

    /** As Python has them. */
    enum Operator {
        PLUS,
        MINUS,
        TIMES,
        OVER,
        /** The greatest integer not above the quotient. */
        FLOOR,
        POWER
    }

    /** Those of sympy's whose names have no more than two letters, and those that get past that rule. */
    enum Function {
        ROOT,
        LOGARITHM,
        REAL_PART,
        IMAGINARY_PART,
        FRACTIONAL_PART,
        FACTORIAL,
        DOUBLE_FACTORIAL
    }
}
