package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Work;
import java.math.BigInteger;

/**
 * A floating-point number of a precision of its own, as mpmath has them: each operation rounds the exact result to the
 * nearest, halves to even. 0.1 + 0.2 is not 0.3.
 *
 * @param mantissa times two to the exponent is the value
 * @param precision bits of the mantissa at most
 */
record BinaryFloat(BigInteger mantissa, int exponent, int precision) {
    /** What 15 decimal digits take. */
    static final int PRECISION = 53;

    private static final int EXPONENT_MAX = 4 * Work.BITS_MAX;

    /** The precision for a number that was written with so many digits; never below {@link #PRECISION}. */
    static int precision(int digits) {
        return (int) Math.rint((Math.max(15, digits) + 1) * 3.3219280948873626);
    }

    static BinaryFloat of(Rational value, int precision) throws NotComparable {
        return quotient(value.numerator(), value.denominator(), 0, precision);
    }

    boolean isZero() {
        return mantissa.signum() == 0;
    }

    BinaryFloat negate() {
        return new BinaryFloat(mantissa.negate(), exponent, precision);
    }

    BinaryFloat plus(BinaryFloat other) throws NotComparable {
        int low = Math.min(exponent, other.exponent);
        BigInteger sum = mantissa.shiftLeft(exponent - low).add(other.mantissa.shiftLeft(other.exponent - low));
        return rounded(sum, low, false, Math.max(precision, other.precision));
    }

    BinaryFloat times(BinaryFloat other) throws NotComparable {
        return rounded(
                mantissa.multiply(other.mantissa),
                exponent + other.exponent,
                false,
                Math.max(precision, other.precision));
    }

    BinaryFloat dividedBy(BinaryFloat other) throws NotComparable {
        return quotient(mantissa, other.mantissa, exponent - other.exponent, Math.max(precision, other.precision));
    }

    BinaryFloat power(int size) throws NotComparable {
        if ((long) Math.abs(size) * Math.max(1, mantissa.bitLength()) > Work.BITS_MAX) {
            throw NotComparable.limit("a power of more than " + Work.BITS_MAX + " bits");
        }
        BigInteger power = mantissa.pow(Math.abs(size));
        return size < 0
                ? quotient(BigInteger.ONE, power, exponent * size, precision)
                : rounded(power, exponent * size, false, precision);
    }

    /** As it is, a fraction. */
    Rational exact() throws NotComparable {
        return exponent < 0
                ? Rational.of(mantissa, BigInteger.ONE.shiftLeft(-exponent))
                : Rational.of(mantissa.shiftLeft(exponent), BigInteger.ONE);
    }

    private static BinaryFloat quotient(BigInteger over, BigInteger under, int exponent, int precision)
            throws NotComparable {
        if (under.signum() == 0) {
            throw NotComparable.undefined("division by zero");
        }
        int shift = Math.max(0, precision + 2 - over.bitLength() + under.bitLength());
        BigInteger[] parts = over.shiftLeft(shift).divideAndRemainder(under);
        return rounded(parts[0], exponent - shift, parts[1].signum() != 0, precision);
    }

    /** @param more whether the value is a little further from zero than the mantissa says, by less than one of it */
    private static BinaryFloat rounded(BigInteger mantissa, int exponent, boolean more, int precision)
            throws NotComparable {
        if (Math.abs((long) exponent) > EXPONENT_MAX) {
            throw NotComparable.limit("an exponent beyond " + EXPONENT_MAX);
        }
        BigInteger size = mantissa.abs();
        int surplus = size.bitLength() - precision;
        BigInteger kept = size;
        int newExponent = exponent;
        if (surplus > 0) {
            kept = size.shiftRight(surplus);
            newExponent += surplus;
            boolean half = size.testBit(surplus - 1);
            boolean above = more || size.getLowestSetBit() < surplus - 1;
            if (half && (above || kept.testBit(0))) {
                kept = kept.add(BigInteger.ONE);
            }
        }
        int zeros = kept.signum() == 0 ? 0 : kept.getLowestSetBit();
        return new BinaryFloat(
                (mantissa.signum() < 0 ? kept.negate() : kept).shiftRight(zeros),
                kept.signum() == 0 ? 0 : newExponent + zeros,
                precision);
    }
}
