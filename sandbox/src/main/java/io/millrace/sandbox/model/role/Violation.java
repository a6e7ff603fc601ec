package io.millrace.sandbox.model.role;

/** An invariant does not hold in the state that was reached. */
public final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Violation(String what) {
        super(what);
    }

    /** @throws Violation unless it holds */
    public static void require(boolean holds, String what) {
        if (!holds) {
            throw new Violation(what);
        }
    }
}
