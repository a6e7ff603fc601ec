package io.millrace.worker.claim;

import java.time.Duration;

/**
 * When a share consumer that gets no answers is to be built anew: after polls, while groups are wanted, without one answer of
 * the broker. An idle consumer gets answers (empty fetches), so it is left alone; while answers fail to come, each rebuild
 * waits twice as long as the one before. A wall clock that was set is {@link ClockWatch}'s matter.
 *
 * <p>Pure; times are nanoseconds of the monotonic clock. One owner.
 */
final class ConsumerWatch {
    private static final int PATIENCE_MAX = 16;

    private final long stallNanos;
    private long patience = 1;
    private boolean polling;
    private long progress;
    private long sinceNanos;

    /** @param stallLimit how long polls may bring no answer of the broker */
    ConsumerWatch(Duration stallLimit) {
        this.stallNanos = stallLimit.toNanos();
    }

    /**
     * After each poll.
     *
     * @param answers of the broker to this consumer so far
     * @return whether the broker has answered nothing for too long
     */
    boolean stalled(long answers, long nowNanos) {
        if (!polling || answers != progress) {
            if (polling) {
                patience = 1;
            }
            polling = true;
            progress = answers;
            sinceNanos = nowNanos;
            return false;
        }
        return nowNanos - sinceNanos > stallNanos * patience;
    }

    /** Nothing is polled for now, or no answer can be expected: the broker is away. */
    void unwanted() {
        polling = false;
    }

    /** A new consumer, whose answers count from the start, in place of one that had stalled. */
    void rebuiltStalled() {
        polling = false;
        patience = Math.min(PATIENCE_MAX, patience * 2);
    }
}
