package io.millrace.trainer.policy;

/** What becomes of a ready with a version below the current one: the trainer has begun to count anew. */
public enum OnVersionRestart {
    /** A lineage is opened at the next step, in which its words mean what they meant to it: the weights go on. */
    LINEAGE,
    /** It is refused, with the version expected. */
    REFUSE
}
