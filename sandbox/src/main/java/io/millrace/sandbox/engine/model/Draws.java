package io.millrace.sandbox.engine.model;

/**
 * Numbered random draws: draw {@code i} of a seed without the draws before it, so that a request's luck depends on its
 * ordinal and on nothing else. The sequence is that of {@link java.util.SplittableRandom#nextDouble()}, which makes the
 * benchmark workloads repeatable in any language.
 */
public final class Draws {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private Draws() {}

    /** Spreads every bit of the value over all 64 (the finisher of SplittableRandom). */
    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** The 0-based i-th 64-bit draw. */
    static long bits(long seed, long i) {
        return mix(seed + (i + 1) * GOLDEN_GAMMA);
    }

    /** The 0-based i-th uniform draw in [0, 1). */
    static double uniform(long seed, long i) {
        return (bits(seed, i) >>> 11) * 0x1p-53;
    }

    /** The 0-based i-th standard normal draw, made of uniform draws 2i and 2i+1. */
    static double normal(long seed, long i) {
        return Math.sqrt(-2 * Math.log(1 - uniform(seed, 2 * i))) * Math.cos(2 * Math.PI * uniform(seed, 2 * i + 1));
    }
}
