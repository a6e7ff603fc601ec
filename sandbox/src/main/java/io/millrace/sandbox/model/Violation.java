package io.millrace.sandbox.model;

/** An invariant does not hold in the state that was reached. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1;

    Violation(String what) {
        super(what);
    }

    /** @throws Violation unless it holds */
    static void require(boolean holds, String what) {
        if (!holds) {
            throw new Violation(what);
        }
    }
}
