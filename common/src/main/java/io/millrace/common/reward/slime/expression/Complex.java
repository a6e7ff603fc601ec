package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** A complex number of 80 digits. Powers are the principal ones, as everywhere. */
record Complex(BigDecimal re, BigDecimal im) {
    static final MathContext DIGITS = new MathContext(80);
    static final Complex ZERO = new Complex(BigDecimal.ZERO, BigDecimal.ZERO);
    static final Complex ONE = new Complex(BigDecimal.ONE, BigDecimal.ZERO);

    private static final BigDecimal HALF = new BigDecimal("0.5");
    private static final int POWER_MAX = 10_000;

    static Complex of(BigDecimal re) {
        return new Complex(re, BigDecimal.ZERO);
    }

    boolean isZero() {
        return re.signum() == 0 && im.signum() == 0;
    }

    /** The larger part, without its sign: the size up to a factor of 1.5. */
    BigDecimal size() {
        return re.abs().max(im.abs());
    }

    Complex negate() {
        return new Complex(re.negate(), im.negate());
    }

    Complex plus(Complex other) {
        return new Complex(re.add(other.re, DIGITS), im.add(other.im, DIGITS));
    }

    Complex times(Complex other) {
        return new Complex(
                re.multiply(other.re, DIGITS).subtract(im.multiply(other.im, DIGITS), DIGITS),
                re.multiply(other.im, DIGITS).add(im.multiply(other.re, DIGITS), DIGITS));
    }

    Complex dividedBy(Complex other) throws NotComparable {
        if (other.isZero()) {
            throw NotComparable.undefined("division by zero");
        }
        BigDecimal square = other.re.multiply(other.re, DIGITS).add(other.im.multiply(other.im, DIGITS), DIGITS);
        Complex product = times(new Complex(other.re, other.im.negate()));
        return new Complex(product.re.divide(square, DIGITS), product.im.divide(square, DIGITS));
    }

    Complex power(Complex exponent, Work work) throws NotComparable {
        if (exponent.im.signum() == 0) {
            if (exponent.re.stripTrailingZeros().scale() <= 0) {
                return power(exponent.re.toBigInteger(), work);
            }
            if (exponent.re.compareTo(HALF) == 0) {
                return root(work);
            }
        }
        if (isZero()) {
            if (exponent.re.signum() <= 0) {
                throw NotComparable.undefined("zero to the power of a number that is not positive");
            }
            return ZERO;
        }
        return Transcendental.exp(exponent.times(Transcendental.logarithm(this, work)), work);
    }

    private Complex power(BigInteger exponent, Work work) throws NotComparable {
        if (exponent.bitLength() > 31 || Math.abs(exponent.longValue()) > POWER_MAX) {
            throw NotComparable.limit("a power beyond " + POWER_MAX);
        }
        int rest = Math.abs(exponent.intValue());
        Complex power = ONE;
        Complex square = this;
        while (rest > 0) {
            work.spend(10);
            power = (rest & 1) == 1 ? power.times(square) : power;
            rest >>= 1;
            square = rest > 0 ? square.times(square) : square;
        }
        return exponent.signum() < 0 ? ONE.dividedBy(power) : power;
    }

    Complex root(Work work) throws NotComparable {
        work.spend(100);
        if (im.signum() == 0) {
            BigDecimal size = re.abs().sqrt(DIGITS);
            return re.signum() < 0 ? new Complex(BigDecimal.ZERO, size) : of(size);
        }
        BigDecimal size =
                re.multiply(re, DIGITS).add(im.multiply(im, DIGITS), DIGITS).sqrt(DIGITS);
        BigDecimal real = size.add(re.abs(), DIGITS).multiply(HALF, DIGITS).sqrt(DIGITS);
        BigDecimal other = im.abs().multiply(HALF, DIGITS).divide(real, DIGITS);
        return re.signum() >= 0
                ? new Complex(real, im.signum() < 0 ? other.negate() : other)
                : new Complex(other, im.signum() < 0 ? real.negate() : real);
    }
}
