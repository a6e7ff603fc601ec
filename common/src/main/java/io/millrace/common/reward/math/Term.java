package io.millrace.common.reward.math;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Value;
import io.millrace.common.reward.math.value.Work;

/** A value together with how far it was worked out. */
record Term(Value value, Form form) {
    /**
     * How a value is written. A task "17 x 23" must not be solved by boxing "17 x 23"; so arithmetic between rationals
     * that was left to do is seen, and slime's rule that a plain number wants a plain number keeps its purpose. Fractions
     * and roots need not be in lowest terms.
     */
    enum Form {
        /** An integer or a decimal. */
        NUMERAL,
        /** Ten to an integer: half of a number in scientific notation. */
        POWER_OF_TEN,
        /** Any other form that says a value: a fraction, a root, a sum with roots or letters in it. */
        FINISHED,
        /** A sum, product or power that the writer should have worked out. */
        UNFINISHED
    }

    static Term numeral(Rational value) {
        return new Term(Value.of(value), Form.NUMERAL);
    }

    static Term finished(Value value) {
        return new Term(value, Form.FINISHED);
    }

    boolean isNumeral() {
        return form == Form.NUMERAL;
    }

    boolean isInteger() {
        return isNumeral() && value.rational().isInteger();
    }

    Term plus(Term other, Work work) throws NotComparable {
        return left(other, value.plus(other.value, work));
    }

    Term negate() {
        return new Term(value.negate(), form);
    }

    Term times(Term other, Work work) throws NotComparable {
        Value product = value.times(other.value, work);
        boolean scientific = isNumeral() && other.form == Form.POWER_OF_TEN;
        return scientific ? finished(product) : left(other, product);
    }

    Term dividedBy(Term other, Work work) throws NotComparable {
        Value quotient = value.dividedBy(other.value, work);
        return isNumeral() && other.isNumeral() ? finished(quotient) : left(other, quotient);
    }

    Term power(Term exponent, Work work) throws NotComparable {
        if (!exponent.value.isRational()) {
            throw NotComparable.syntax("an exponent that is no rational number");
        }
        Value power = value.power(exponent.value.rational(), work);
        boolean ofTen = isNumeral() && exponent.isInteger() && value.rational().equals(Rational.of(10));
        return ofTen ? new Term(power, Form.POWER_OF_TEN) : left(exponent, power);
    }

    Term root(int degree, Work work) throws NotComparable {
        return new Term(value.root(degree, work), form == Form.UNFINISHED ? form : Form.FINISHED);
    }

    /** The result of an operation that is not itself a way to write a number. */
    private Term left(Term other, Value result) {
        boolean unfinished = form == Form.UNFINISHED || other.form == Form.UNFINISHED || result.isRational();
        return new Term(result, unfinished ? Form.UNFINISHED : Form.FINISHED);
    }
}
