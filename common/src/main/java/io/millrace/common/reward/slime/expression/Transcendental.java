package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import java.math.BigDecimal;
import java.math.MathContext;

/** Exponential and logarithm of complex numbers to the digits of {@link Complex}, by series and Newton's steps. */
final class Transcendental {
    static final BigDecimal PI =
            new BigDecimal("3.14159265358979323846264338327950288419716939937510582097494459230781640"
                    + "62862089986280348253421170679821480865132823066470938446");

    private static final MathContext DIGITS = new MathContext(Complex.DIGITS.getPrecision() + 10);
    private static final BigDecimal LAST = new BigDecimal("1e-95");
    private static final BigDecimal TWO_PI = PI.multiply(BigDecimal.TWO);
    private static final int ARGUMENT_MAX = 1000;
    private static final int HALVINGS = 16;

    private Transcendental() {}

    static Complex exp(Complex z, Work work) throws NotComparable {
        if (z.size().compareTo(BigDecimal.valueOf(ARGUMENT_MAX)) > 0) {
            throw NotComparable.limit("an exponential of more than " + ARGUMENT_MAX);
        }
        BigDecimal size = exp(z.re(), work);
        if (z.im().signum() == 0) {
            return Complex.of(size);
        }
        BigDecimal angle = z.im().remainder(TWO_PI, DIGITS);
        return new Complex(
                size.multiply(series(angle, 0, true, work), Complex.DIGITS),
                size.multiply(series(angle, 1, true, work), Complex.DIGITS));
    }

    static Complex logarithm(Complex z, Work work) throws NotComparable {
        if (z.isZero()) {
            throw NotComparable.undefined("the logarithm of zero");
        }
        if (z.im().signum() == 0) {
            return new Complex(logarithm(z.re().abs(), work), z.re().signum() < 0 ? PI : BigDecimal.ZERO);
        }
        BigDecimal square = z.re().multiply(z.re(), DIGITS).add(z.im().multiply(z.im(), DIGITS), DIGITS);
        BigDecimal size = square.sqrt(DIGITS);
        return new Complex(
                logarithm(square, work).divide(BigDecimal.TWO, DIGITS),
                angle(z.re().divide(size, DIGITS), z.im().divide(size, DIGITS), work));
    }

    private static BigDecimal exp(BigDecimal x, Work work) throws NotComparable {
        BigDecimal small = x.divide(BigDecimal.valueOf(1L << HALVINGS), DIGITS);
        BigDecimal power = series(small, 0, false, work);
        for (int i = 0; i < HALVINGS; i++) {
            power = power.multiply(power, DIGITS);
        }
        return power;
    }

    /** The exponential's series, or of it every second summand with alternating signs: cosine from 0 on, sine from 1. */
    private static BigDecimal series(BigDecimal x, int first, boolean circular, Work work) throws NotComparable {
        int step = circular ? 2 : 1;
        BigDecimal factor = circular ? x.multiply(x, DIGITS).negate() : x;
        BigDecimal summand = first == 0 ? BigDecimal.ONE : x;
        BigDecimal sum = summand;
        for (int n = first + step; summand.abs().compareTo(LAST) > 0; n += step) {
            work.spend(5);
            long divisor = circular ? (long) n * (n - 1) : n;
            summand = summand.multiply(factor, DIGITS).divide(BigDecimal.valueOf(divisor), DIGITS);
            sum = sum.add(summand, DIGITS);
        }
        return sum;
    }

    /** Of a positive number. Each step has three times the digits of the one before. */
    private static BigDecimal logarithm(BigDecimal x, Work work) throws NotComparable {
        int tens = x.precision() - x.scale();
        double first = Math.log(x.scaleByPowerOfTen(-tens).doubleValue()) + tens * Math.log(10);
        BigDecimal y = new BigDecimal(first);
        for (int i = 0; i < 2; i++) {
            BigDecimal power = exp(y, work);
            y = y.add(
                    BigDecimal.TWO.multiply(x.subtract(power, DIGITS).divide(x.add(power, DIGITS), DIGITS), DIGITS),
                    DIGITS);
        }
        return y;
    }

    /** The angle whose cosine and sine these are. */
    private static BigDecimal angle(BigDecimal cosine, BigDecimal sine, Work work) throws NotComparable {
        BigDecimal angle = new BigDecimal(Math.atan2(sine.doubleValue(), cosine.doubleValue()));
        for (int i = 0; i < 2; i++) {
            BigDecimal off = sine.multiply(series(angle, 0, true, work), DIGITS)
                    .subtract(cosine.multiply(series(angle, 1, true, work), DIGITS), DIGITS);
            BigDecimal cube = off.multiply(off, DIGITS).multiply(off, DIGITS);
            angle = angle.add(off, DIGITS).add(cube.divide(BigDecimal.valueOf(6), DIGITS), DIGITS);
        }
        return angle;
    }
}
