package io.millrace.producer.scale;

import java.time.Duration;

/**
 * Within which limits workers are wanted, and how sure one has to be.
 *
 * @param min never fewer
 * @param max never more
 * @param raiseAfter how long slots must have been full, and the oldest task have waited, before more are wanted
 * @param lowerAfter how long slots must have been idle before fewer are wanted, and how long a change keeps the other
 *     direction shut
 */
public record ScalingRules(int min, int max, Duration raiseAfter, Duration lowerAfter) {
    /** From this share of slots in use on, workers are full: a slot is idle for a moment between two samples. */
    static final double FULL = 0.9;

    /** Below this share, fewer workers would do; far from {@link #FULL}, so that what is lowered is not raised again. */
    static final double IDLE = 0.6;

    /** What fewer workers are to be full to. */
    static final double AIM = 0.8;

    /** A trainer that waits for less of its time gets its batches in time, and more workers would not make it faster. */
    static final double WAITING = 0.05;

    public ScalingRules {
        if (min < 0 || max < 1 || min > max) {
            throw new IllegalArgumentException("workers wanted must be between " + min + " and " + max);
        }
    }
}
