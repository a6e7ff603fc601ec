package io.millrace.sandbox.growth.fleet;

import io.millrace.common.batch.Capacity;

/**
 * A run in virtual time.
 *
 * @param batchGroups of a step; with the run-ahead of {@code depth} it is what fills the slots
 * @param groupSeconds mean time of a group, workload W1: log-normal samples of sigma 0.6
 */
public record FleetPlan(
        int workers, int slots, int samples, int batchGroups, int depth, int steps, double groupSeconds, long seed) {
    /**
     * A plan whose groups fill the slots: as many again wait or have finished, since a group holds its place until its
     * slowest sample is done. The bound leaves a group that is lost the time to be missed and made once more.
     */
    public static FleetPlan of(int workers, int slots, int steps, long seed) {
        int samples = 8;
        int depth = 7;
        int outstanding = workers * slots / samples * 3;
        return new FleetPlan(workers, slots, samples, Math.max(1, outstanding / (1 + depth)), depth, steps, 10, seed);
    }

    Capacity capacity() {
        return new Capacity(batchGroups, depth, 1);
    }

    int maxStaleness() {
        return 3 * (depth + 1);
    }

    /** Mixed as {@link java.util.SplittableRandom} does; the number's value in [0, 1). */
    private static double uniform(long seed, long number) {
        long z = seed + (number + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1p-53;
    }

    /** How long the generation of a sample takes, by W1; later attempts are other draws. */
    long latencyMicros(long group, long attempt, int sample) {
        long k = samples * (group + (attempt - 1) * 1_000_003L) + sample;
        double z =
                Math.sqrt(-2 * Math.log(1 - uniform(seed, 2 * k))) * Math.cos(2 * Math.PI * uniform(seed, 2 * k + 1));
        return (long) (groupSeconds / 2.5123 * Math.exp(0.6 * z) * 1e6);
    }
}
