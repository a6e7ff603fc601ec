package io.millrace.sandbox.engine.ledger;

/** How a request stands in the ledger. */
public enum Outcome {
    /** Waiting for a slot, or running. */
    OPEN,
    /** Ended by itself. */
    STOP,
    /** Ended by the token limit. */
    LENGTH,
    /** Ended from outside. */
    ABORT,
    /** Never admitted: invalid, or the queue was full. */
    REJECTED
}
