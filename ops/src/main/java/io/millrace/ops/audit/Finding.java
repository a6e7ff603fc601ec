package io.millrace.ops.audit;

import org.jspecify.annotations.Nullable;

/**
 * Something in the topics that cannot be when nothing was lost, doubled or contradicted.
 *
 * @param group the group's index; null where it is about no single group
 */
record Finding(Kind kind, @Nullable Long group, String detail) {
    /** What is wrong. */
    enum Kind {
        /** Admitted, not settled, and nowhere any more. */
        LOST,
        /** In two acknowledged steps of one lineage, or settled twice. */
        DOUBLED,
        /** An index that was passed over when prompts were published. */
        HOLE,
        /** A result that something rests on is not where it should be. */
        RESULT_MISSING,
        /** Records that contradict each other, or groups settled that were never admitted. */
        CONTRADICTION
    }
}
