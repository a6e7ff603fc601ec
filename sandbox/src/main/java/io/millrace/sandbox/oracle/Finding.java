package io.millrace.sandbox.oracle;

/**
 * Something that must not be.
 *
 * @param what which promise is broken
 * @param details for people
 */
public record Finding(Kind what, String details) {
    /** Which promise is broken. */
    public enum Kind {
        /** An admitted group that is neither settled nor waiting for a full step. */
        LOST,
        /** A group in two acknowledged steps of one lineage. */
        TRAINED_TWICE,
        /** A step that was received twice and not the same. */
        BATCH_CHANGED,
        /** A batch with the wrong number of groups or samples, or out of order. */
        BATCH_NOT_WHOLE,
        /** A step skipped, or acknowledged twice. */
        STEP_OUT_OF_ORDER,
        /** A trained group that is not what stands in the results. */
        CONTENTS_DIFFER,
        /** A group index skipped or issued twice as a new group, or an attempt issued twice. */
        ISSUE_OUT_OF_ORDER,
        /** Records that contradict each other. */
        CONTRADICTION,
        /** Something on the wire that the judge cannot read or did not see in time. */
        UNREAD
    }

    @Override
    public String toString() {
        return what.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + ": " + details;
    }
}
