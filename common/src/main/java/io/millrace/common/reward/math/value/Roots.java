package io.millrace.common.reward.math.value;

import java.math.BigInteger;

/** Roots of positive integers as products of prime powers. */
final class Roots {
    /** Trial division ends here; what is left below its square is prime. */
    private static final int TRIAL_MAX = 30_000;

    private Roots() {}

    /**
     * The real root.
     *
     * @throws NotComparable when the number has too large factors: then nobody can say which roots are multiples of it
     */
    static Value of(BigInteger positive, int degree, Work work) throws NotComparable {
        Value result = Value.ONE;
        BigInteger rest = positive;
        for (int trial = 2; trial <= TRIAL_MAX; trial += trial == 2 ? 1 : 2) {
            BigInteger factor = BigInteger.valueOf(trial);
            if (factor.multiply(factor).compareTo(rest) > 0) {
                break;
            }
            work.spend(1 + rest.bitLength() / 200);
            int count = 0;
            BigInteger[] parts = rest.divideAndRemainder(factor);
            while (parts[1].signum() == 0) {
                rest = parts[0];
                count++;
                work.spend(1 + rest.bitLength() / 200);
                parts = rest.divideAndRemainder(factor);
            }
            if (count > 0) {
                result = result.times(rootOfPower(factor, count, degree), work);
            }
        }
        if (rest.equals(BigInteger.ONE)) {
            return result;
        }
        if (rest.compareTo(BigInteger.valueOf((long) TRIAL_MAX * TRIAL_MAX)) <= 0) {
            return result.times(rootOfPower(rest, 1, degree), work);
        }
        BigInteger square = rest.sqrt();
        if (degree == 2 && square.multiply(square).equals(rest)) {
            return result.times(Value.of(new Rational(square, BigInteger.ONE)), work);
        }
        throw NotComparable.limit("a root of a number with factors beyond " + TRIAL_MAX);
    }

    private static Value rootOfPower(BigInteger prime, int count, int degree) throws NotComparable {
        Rational whole = new Rational(prime, BigInteger.ONE).power(count / degree);
        Rational exponent = Rational.of(BigInteger.valueOf(count % degree), BigInteger.valueOf(degree));
        Monomial monomial = exponent.signum() == 0 ? Monomial.ONE : Monomial.of(prime.toString(), exponent);
        return new Value(Polynomial.of(whole, monomial), Polynomial.ONE);
    }
}
