package io.millrace.common.reward.math.value;

import io.millrace.common.reward.LabelRule;

/**
 * What one comparison may cost. Model output is hostile without meaning to be: towers of powers, thousand nested
 * fractions, numbers of a hundred thousand digits. Every step that repeats pays here, and whoever cannot pay stops with
 * {@link NotComparable.Reason#LIMIT}. Counted in steps, not in time, so that a verdict never depends on the machine. Not
 * thread-safe: one per comparison.
 */
public final class Work {
    /**
     * Steps of one comparison; a step is a token looked at, a trial division or a part of an operation on a great number. What people write takes milliseconds, the
     * worst texts we could think of some tenths of a second.
     */
    public static final int STEPS_MAX = 300_000;

    /** Brackets, braces and roots inside one another; a person writes 5, the Java stack takes some thousand. */
    static final int DEPTH_MAX = 40;

    /** Bits of a numerator or denominator; 1000 factorial has 8530. */
    public static final int BITS_MAX = 10_000;

    /** Summands of a polynomial. */
    static final int TERMS_MAX = 100;

    /** Exponent of a power that is not a plain number's. */
    static final int POLYNOMIAL_POWER_MAX = 20;

    /** Of a root; past 20 nobody writes them. */
    public static final int ROOT_MAX = 20;

    /**
     * Characters of a sum under a root that does not resolve, roots in it written out: as long as a text may be. Names
     * are compared at every step, so that longer ones would make a step cost as much as they are long.
     */
    static final int NAME_LENGTH_MAX = LabelRule.ANSWER_LENGTH_MAX;

    /** Elements of a list, a set or a tuple. */
    public static final int ELEMENTS_MAX = 100;

    private int steps;

    public void spend(int count) throws NotComparable {
        steps += count;
        if (steps > STEPS_MAX) {
            throw NotComparable.limit("more than " + STEPS_MAX + " steps");
        }
    }

    /** Pays for an operation on this number: bringing a fraction to lowest terms is quadratic in its length. */
    public void spend(Rational number) throws NotComparable {
        int bits = Math.max(number.numerator().bitLength(), number.denominator().bitLength());
        spend(10 + bits * bits / 1000);
    }

    /** Checks a depth, to be called before going deeper. */
    public void enter(int depth) throws NotComparable {
        spend(1);
        if (depth > DEPTH_MAX) {
            throw NotComparable.limit("nested deeper than " + DEPTH_MAX);
        }
    }

    public int steps() {
        return steps;
    }
}
