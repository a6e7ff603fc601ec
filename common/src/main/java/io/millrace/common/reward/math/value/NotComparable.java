package io.millrace.common.reward.math.value;

/**
 * A text that cannot be read as a value, or only with more work than one score may cost. Expected, so without a stack
 * trace; what is not comparable is equal only letter by letter.
 */
public final class NotComparable extends Exception {
    /** Whether the text or its size is the trouble. */
    public enum Reason {
        /** Not in the language this package reads. */
        SYNTAX,
        /** No value, such as a division by zero. */
        UNDEFINED,
        /** Beyond a limit of {@link Work}. */
        LIMIT
    }

    private final Reason reason;

    NotComparable(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public static NotComparable syntax(String message) {
        return new NotComparable(Reason.SYNTAX, message);
    }

    public static NotComparable undefined(String message) {
        return new NotComparable(Reason.UNDEFINED, message);
    }

    public static NotComparable limit(String message) {
        return new NotComparable(Reason.LIMIT, message);
    }

    public Reason reason() {
        return reason;
    }
}
