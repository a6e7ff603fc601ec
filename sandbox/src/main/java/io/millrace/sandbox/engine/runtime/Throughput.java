package io.millrace.sandbox.engine.runtime;

import io.millrace.common.time.Ticker;

/** Tokens per second over the last {@value #SECONDS} seconds, credited when their request ends. Thread-safe. */
public final class Throughput {
    private static final int SECONDS = 10;

    private final Ticker ticker;
    private final long[] secondOfSlot = new long[SECONDS + 1];
    private final long[] tokensOfSlot = new long[SECONDS + 1];

    Throughput(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Credits tokens at this moment of the ticker. */
    synchronized void add(int tokens, long atNanos) {
        long second = Math.floorDiv(atNanos, 1_000_000_000L);
        int slot = (int) Math.floorMod(second, (long) secondOfSlot.length);
        if (secondOfSlot[slot] != second) {
            secondOfSlot[slot] = second;
            tokensOfSlot[slot] = 0;
        }
        tokensOfSlot[slot] += tokens;
    }

    /** Tokens per second over the last full seconds. */
    public synchronized double tokensPerSecond() {
        long now = Math.floorDiv(ticker.nanos(), 1_000_000_000L);
        long sum = 0;
        for (int slot = 0; slot < secondOfSlot.length; slot++) {
            long age = now - secondOfSlot[slot];
            if (age >= 1 && age <= SECONDS) {
                sum += tokensOfSlot[slot];
            }
        }
        return sum / (double) SECONDS;
    }
}
