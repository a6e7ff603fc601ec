package io.millrace.sandbox.oracle.account;

/**
 * Something that must not be.
 *
 * @param what which promise is broken
 * @param details for people
 */
public record Finding(Kind what, String details) {
    /** Which promise is broken. */
    public enum Kind {
        /** An admitted group without an end and without a result; an acknowledgement answered and not kept. */
        LOST,
        /** A group that has a result, and that the run ended without: nothing says why. */
        FORGOTTEN,
        /** A group in two acknowledged steps of one lineage, or in a step after another one has spent it. */
        TRAINED_TWICE,
        /** A batch with a token older than the bound allows at hand-over. */
        STALE,
        /** A batch with a token of weights that the run did not have yet, or of a lineage that was given up. */
        FUTURE,
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
        /** A discard whose reason does not follow from what was generated, or a group kept that a filter drops. */
        DISCARD_UNFOUNDED,
        /** An evaluation without exactly one end, or one whose report does not add up. */
        EVALUATION,
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
