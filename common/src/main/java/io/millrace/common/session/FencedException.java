package io.millrace.common.session;

import org.jspecify.annotations.Nullable;

/** A newer process of this role has taken the run: this one can write no more; it ends, or stands by. */
public final class FencedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Who has the run. */
    private final transient Tenure newer;

    /** @param role of the processes, as people call it */
    public FencedException(String role, Tenure mine, Tenure newer) {
        super("a newer " + role + " (" + newer + ") has taken the run from this one (" + mine + ")");
        this.newer = newer;
    }

    /** Who has the run. */
    public Tenure newer() {
        return newer;
    }

    /** A failure that is this, or was caused by it; null for any other. */
    public static @Nullable FencedException in(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof FencedException fenced) {
                return fenced;
            }
        }
        return null;
    }
}
