package io.millrace.common.reward.math.value;

import java.math.BigInteger;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A product of generators to rational powers. Generators are letters, pi, roots that do not resolve, and numbers without
 * a known factor ("primes", whose exponent stays within 0 to 1: the rest is in the coefficient). Roots of primes are
 * linearly independent over the rationals, which is why comparing sums of such products is exact.
 */
record Monomial(SortedMap<String, Rational> powers) {
    static final Monomial ONE = new Monomial(new TreeMap<>());

    /** A monomial with the rational that was taken out of it. */
    record Scaled(Rational coefficient, Monomial monomial) {}

    static Monomial of(String generator, Rational exponent) {
        TreeMap<String, Rational> powers = new TreeMap<>();
        powers.put(generator, exponent);
        return new Monomial(powers);
    }

    Scaled times(Monomial other) throws NotComparable {
        TreeMap<String, Rational> sum = new TreeMap<>(powers);
        for (Map.Entry<String, Rational> factor : other.powers.entrySet()) {
            Rational old = sum.getOrDefault(factor.getKey(), Rational.ZERO);
            sum.put(factor.getKey(), old.plus(factor.getValue()));
        }
        return reduced(sum);
    }

    /** Every exponent times a factor. */
    Scaled power(Rational factor) throws NotComparable {
        TreeMap<String, Rational> scaled = new TreeMap<>();
        for (Map.Entry<String, Rational> entry : powers.entrySet()) {
            scaled.put(entry.getKey(), entry.getValue().times(factor));
        }
        return reduced(scaled);
    }

    /** Whether a generator is a number, so that it is positive and its whole powers are rational. */
    static boolean isNumber(String generator) {
        return Character.isDigit(generator.charAt(0));
    }

    private static Scaled reduced(TreeMap<String, Rational> powers) throws NotComparable {
        Rational coefficient = Rational.ONE;
        TreeMap<String, Rational> kept = new TreeMap<>();
        for (Map.Entry<String, Rational> entry : powers.entrySet()) {
            Rational exponent = entry.getValue();
            if (isNumber(entry.getKey())) {
                BigInteger whole = exponent.floor();
                Rational base = new Rational(new BigInteger(entry.getKey()), BigInteger.ONE);
                Rational wholePart = new Rational(whole, BigInteger.ONE);
                coefficient = coefficient.times(base.power(wholePart.toInt(Work.BITS_MAX)));
                exponent = exponent.plus(wholePart.negate());
            }
            if (exponent.signum() != 0) {
                kept.put(entry.getKey(), exponent);
            }
        }
        return new Scaled(coefficient, new Monomial(kept));
    }
}
