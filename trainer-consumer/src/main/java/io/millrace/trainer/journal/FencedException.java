package io.millrace.trainer.journal;

import io.millrace.common.id.RunId;

/** A newer trainer consumer has taken the run: this one can write no more and must end. */
public final class FencedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public FencedException(RunId run, Owner mine, Owner newer) {
        super("a newer trainer consumer (" + newer + ") has taken run " + run + "; this one (" + mine + ") ends");
    }
}
