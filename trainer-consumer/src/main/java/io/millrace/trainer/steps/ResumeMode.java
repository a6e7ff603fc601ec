package io.millrace.trainer.steps;

/** What the steps after the checkpoint are made of when a trainer goes back to it. */
public enum ResumeMode {
    /** The recorded batches again, bit for bit; new groups follow after them. */
    REPLAY,
    /** New groups at once; those trained after the checkpoint are spent. */
    FRESH
}
