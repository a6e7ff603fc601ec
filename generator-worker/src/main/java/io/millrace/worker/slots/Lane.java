package io.millrace.worker.slots;

import java.util.Locale;

/** Where a group was claimed from; in the order in which groups start. */
public enum Lane {
    /** Retries and continuations. */
    URGENT,
    /** Evaluation tasks: they have a share of the slots, and never more. */
    EVALUATION,
    TRAINING;

    /** The word for metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
