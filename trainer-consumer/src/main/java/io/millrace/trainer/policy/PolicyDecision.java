package io.millrace.trainer.policy;

import io.millrace.common.record.Policy;
import io.millrace.common.record.VersionWords;

/** What becomes of an announcement. */
public sealed interface PolicyDecision {
    /**
     * The policy is another one.
     *
     * @param policy to be written before anyone is told
     * @param newVersion whether the weight version rose
     */
    record Changed(Policy policy, boolean newVersion) implements PolicyDecision {}

    /**
     * The trainer counts anew: a lineage begins at the next step, at the current version.
     *
     * @param words how its words are read in it
     */
    record Restarted(VersionWords words) implements PolicyDecision {}

    /** It says what is known: nothing to do. */
    record Unchanged(Policy policy) implements PolicyDecision {}

    /** The version can be none that follows the current one, or it is of another lineage. */
    record Refused(String why) implements PolicyDecision {}
}
