package io.millrace.common.record;

import java.util.Locale;

/** What a group is generated for. Indices of one kind say nothing of the other's. */
public enum GroupKind {
    /** A step of training; the trainer consumer settles it on {@code steps}. */
    TRAINING,
    /** The report of an evaluation; what becomes of it stands on {@code evals}. */
    EVALUATION;

    /** The word for people. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
