package io.millrace.common.reward.math.value;

import java.math.BigInteger;
import java.util.Map;

/**
 * An exact value: a quotient of two polynomials, the divisor not zero, and 1 wherever it can be divided out. Equal values
 * are found by multiplying crosswise, so 1/(1+sqrt 2) is sqrt 2 - 1. Two values that are equal only by the sign or
 * domain of a letter (sqrt(x^2) and x) are not taken as equal. Immutable.
 */
public record Value(Polynomial numerator, Polynomial divisor) {
    static final Value ONE = of(Rational.ONE);

    public static Value of(Rational value) {
        return new Value(Polynomial.of(value), Polynomial.ONE);
    }

    public static Value of(String generator) {
        return new Value(Polynomial.of(Rational.ONE, Monomial.of(generator, Rational.ONE)), Polynomial.ONE);
    }

    public boolean isRational() {
        return divisor.equals(Polynomial.ONE) && numerator.isConstant();
    }

    /** The rational it is; only when {@link #isRational}. */
    public Rational rational() {
        return numerator.constant();
    }

    public Value plus(Value other, Work work) throws NotComparable {
        if (divisor.equals(other.divisor)) {
            return quotient(numerator.plus(other.numerator, work), divisor, work);
        }
        return quotient(
                numerator.times(other.divisor, work).plus(other.numerator.times(divisor, work), work),
                divisor.times(other.divisor, work),
                work);
    }

    public Value negate() {
        return new Value(numerator.negate(), divisor);
    }

    public Value times(Value other, Work work) throws NotComparable {
        return quotient(numerator.times(other.numerator, work), divisor.times(other.divisor, work), work);
    }

    public Value dividedBy(Value other, Work work) throws NotComparable {
        return quotient(numerator.times(other.divisor, work), divisor.times(other.numerator, work), work);
    }

    public boolean sameAs(Value other, Work work) throws NotComparable {
        return numerator.times(other.divisor, work).equals(other.numerator.times(divisor, work));
    }

    /**
     * Whether it is the other times a rational number, neither being 0.
     *
     * @param positive whether only a positive number counts
     */
    public boolean isMultipleOf(Value other, boolean positive, Work work) throws NotComparable {
        if (numerator.isZero() || other.numerator.isZero()) {
            return numerator.isZero() && other.numerator.isZero();
        }
        Polynomial left = numerator.times(other.divisor, work);
        Polynomial right = other.numerator.times(divisor, work);
        Map.Entry<Monomial, Rational> term = left.terms().entrySet().iterator().next();
        Rational counterpart = right.terms().get(term.getKey());
        if (counterpart == null) {
            return false;
        }
        Rational factor = term.getValue().dividedBy(counterpart);
        return (!positive || factor.signum() > 0) && left.equals(right.times(Polynomial.of(factor), work));
    }

    /** To a rational power: an integer power, or the root that the exponent's denominator names. */
    public Value power(Rational exponent, Work work) throws NotComparable {
        Value base = exponent.isInteger() ? this : root(exponentPart(exponent.denominator()), work);
        BigInteger size = exponent.numerator();
        if (base.isRational()) {
            int whole = new Rational(size, BigInteger.ONE).toInt(Work.BITS_MAX);
            Rational power = base.rational().power(whole);
            work.spend(power);
            return of(power);
        }
        int whole = new Rational(size, BigInteger.ONE).toInt(Work.POLYNOMIAL_POWER_MAX);
        Value result = ONE;
        for (int i = 0; i < Math.abs(whole); i++) {
            result = result.times(base, work);
        }
        return whole < 0 ? ONE.dividedBy(result, work) : result;
    }

    /** The real root, of positive values and of products of positive-by-convention letters; odd roots keep a sign. */
    public Value root(int degree, Work work) throws NotComparable {
        if (degree < 2 || degree > Work.ROOT_MAX) {
            throw NotComparable.limit("a root of degree " + degree + ", known are 2 to " + Work.ROOT_MAX);
        }
        if (numerator.isZero()) {
            return this;
        }
        if (!divisor.equals(Polynomial.ONE)) {
            throw NotComparable.syntax("a root of a quotient of sums");
        }
        if (!numerator.isSingleTerm()) {
            work.spend(numerator.canonicalLength());
            String generator = "root" + degree + numerator.canonical();
            return of(generator);
        }
        Map.Entry<Monomial, Rational> term =
                numerator.terms().entrySet().iterator().next();
        Rational coefficient = term.getValue();
        if (coefficient.signum() < 0) {
            if (degree % 2 == 0) {
                throw NotComparable.undefined("an even root of a negative number");
            }
            return negate().root(degree, work).negate();
        }
        Rational exponent = Rational.of(BigInteger.ONE, BigInteger.valueOf(degree));
        Monomial.Scaled letters = term.getKey().power(exponent);
        for (Map.Entry<String, Rational> factor : term.getKey().powers().entrySet()) {
            boolean squareOfLetter = !Monomial.isNumber(factor.getKey())
                    && factor.getValue().times(exponent).isInteger();
            if (squareOfLetter && degree % 2 == 0) {
                throw NotComparable.syntax("the even root of a letter's even power may have either sign");
            }
        }
        Value result = new Value(Polynomial.of(letters.coefficient(), letters.monomial()), Polynomial.ONE);
        result = result.times(Roots.of(coefficient.numerator(), degree, work), work);
        return result.dividedBy(Roots.of(coefficient.denominator(), degree, work), work);
    }

    private static int exponentPart(BigInteger denominator) throws NotComparable {
        return new Rational(denominator, BigInteger.ONE).toInt(Work.ROOT_MAX);
    }

    private static Value quotient(Polynomial numerator, Polynomial divisor, Work work) throws NotComparable {
        if (divisor.isZero()) {
            throw NotComparable.undefined("division by zero");
        }
        if (divisor.equals(Polynomial.ONE) || !divisor.isSingleTerm()) {
            return new Value(numerator, divisor);
        }
        Map.Entry<Monomial, Rational> term =
                divisor.terms().entrySet().iterator().next();
        Monomial.Scaled inverse = term.getKey().power(Rational.of(-1));
        Rational coefficient = inverse.coefficient().dividedBy(term.getValue());
        return new Value(numerator.times(Polynomial.of(coefficient, inverse.monomial()), work), Polynomial.ONE);
    }
}
