package io.millrace.common.reward.math.value;

import java.math.BigInteger;

/** An exact fraction in lowest terms, its denominator positive, neither part above {@link Work#BITS_MAX} bits. */
public record Rational(BigInteger numerator, BigInteger denominator) implements Comparable<Rational> {
    public static final Rational ZERO = new Rational(BigInteger.ZERO, BigInteger.ONE);
    public static final Rational ONE = new Rational(BigInteger.ONE, BigInteger.ONE);

    public static Rational of(long value) {
        return new Rational(BigInteger.valueOf(value), BigInteger.ONE);
    }

    public static Rational of(BigInteger numerator, BigInteger denominator) throws NotComparable {
        if (denominator.signum() == 0) {
            throw NotComparable.undefined("division by zero");
        }
        BigInteger gcd = numerator.gcd(denominator);
        BigInteger divisor = denominator.signum() < 0 ? gcd.negate() : gcd;
        Rational value = new Rational(numerator.divide(divisor), denominator.divide(divisor));
        if (value.numerator.bitLength() > Work.BITS_MAX || value.denominator.bitLength() > Work.BITS_MAX) {
            throw NotComparable.limit("a number of more than " + Work.BITS_MAX + " bits");
        }
        return value;
    }

    public Rational plus(Rational other) throws NotComparable {
        return of(
                numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
                denominator.multiply(other.denominator));
    }

    public Rational times(Rational other) throws NotComparable {
        return of(numerator.multiply(other.numerator), denominator.multiply(other.denominator));
    }

    public Rational dividedBy(Rational other) throws NotComparable {
        return of(numerator.multiply(other.denominator), denominator.multiply(other.numerator));
    }

    public Rational negate() {
        return new Rational(numerator.negate(), denominator);
    }

    /** The power; refused before it is computed when it would be too long. */
    public Rational power(int exponent) throws NotComparable {
        long bits = Math.max(numerator.bitLength(), denominator.bitLength()) - 1L;
        if (bits * Math.abs((long) exponent) > Work.BITS_MAX || Math.abs((long) exponent) > Work.BITS_MAX) {
            throw NotComparable.limit("a power of more than " + Work.BITS_MAX + " bits");
        }
        int size = Math.abs(exponent);
        return exponent < 0
                ? of(denominator.pow(size), numerator.pow(size))
                : of(numerator.pow(size), denominator.pow(size));
    }

    public boolean isInteger() {
        return denominator.equals(BigInteger.ONE);
    }

    public int signum() {
        return numerator.signum();
    }

    /** The greatest integer not above it. */
    public BigInteger floor() {
        BigInteger[] parts = numerator.divideAndRemainder(denominator);
        return parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    /**
     * The value as a small number.
     *
     * @throws NotComparable when it is no integer or not within -max to max
     */
    public int toInt(int max) throws NotComparable {
        if (!isInteger()) {
            throw NotComparable.syntax("not an integer: " + this);
        }
        if (numerator.bitLength() > 31 || Math.abs(numerator.longValue()) > max) {
            throw NotComparable.limit("an integer beyond " + max);
        }
        return numerator.intValue();
    }

    @Override
    public int compareTo(Rational other) {
        return numerator.multiply(other.denominator).compareTo(other.numerator.multiply(denominator));
    }

    @Override
    public String toString() {
        return isInteger() ? numerator.toString() : numerator + "/" + denominator;
    }
}
