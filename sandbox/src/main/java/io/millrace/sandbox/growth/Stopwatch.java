package io.millrace.sandbox.growth;

import java.util.Arrays;
import java.util.function.LongSupplier;

/** Times of single-threaded work, as medians of several rounds behind some that warm up. */
final class Stopwatch {
    private static final int WARM_UP = 2;
    private static final int ROUNDS = 5;

    private final LongSupplier nanos;

    /** @param nanos a monotonic clock */
    Stopwatch(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Microseconds for one call.
     *
     * @param calls in each round
     */
    double microseconds(int calls, Runnable call) {
        double[] rounds = new double[ROUNDS];
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            long from = nanos.getAsLong();
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            if (round >= 0) {
                rounds[round] = (nanos.getAsLong() - from) / 1e3 / calls;
            }
        }
        Arrays.sort(rounds);
        return rounds[ROUNDS / 2];
    }

    /** Bytes in use once what nobody needs is collected. */
    static long heapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
