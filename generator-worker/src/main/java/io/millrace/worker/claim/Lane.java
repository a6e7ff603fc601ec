package io.millrace.worker.claim;

/** Where a group was claimed from. */
public enum Lane {
    /** Retries and continuations: claimed and started first. */
    URGENT,
    TRAINING
}
