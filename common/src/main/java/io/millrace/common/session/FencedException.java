package io.millrace.common.session;

/** A newer process of this role has taken the run: this one can write no more and must end. */
public final class FencedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param role of the processes, as people call it */
    public FencedException(String role, Tenure mine, Tenure newer) {
        super("a newer " + role + " (" + newer + ") has taken the run; this one (" + mine + ") ends");
    }
}
