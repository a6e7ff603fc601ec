package io.millrace.trainer.gate;

/** How the bound on staleness is kept. */
public enum OnStale {
    /** A step waits for old groups in time, so that none of them is pushed past the bound. */
    WAIT,
    /** No step waits; a group past the bound is discarded and refilled. Biases training toward short answers. */
    DISCARD
}
