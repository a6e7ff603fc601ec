package io.millrace.trainer.steps;

import io.millrace.common.record.Policy;

/** What becomes of an announcement. */
public sealed interface PolicyDecision {
    /**
     * The policy is another one.
     *
     * @param policy to be written before anyone is told
     * @param newVersion whether the weight version rose
     */
    record Changed(Policy policy, boolean newVersion) implements PolicyDecision {}

    /** It says what is known: nothing to do. */
    record Unchanged(Policy policy) implements PolicyDecision {}

    /** The version is older than the current one, or it is of another lineage. */
    record Refused(String why) implements PolicyDecision {}
}
