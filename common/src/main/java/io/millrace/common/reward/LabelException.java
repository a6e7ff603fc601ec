package io.millrace.common.reward;

/** A label that a reward cannot compare with. Expected, so it carries no stack trace: a data set may have millions. */
public final class LabelException extends Exception {
    private final boolean missing;

    private LabelException(boolean missing, String message) {
        super(message, null, false, false);
        this.missing = missing;
    }

    static LabelException missing() {
        return new LabelException(true, "it compares with a label, and there is none");
    }

    /** @param message what is wrong with it, for people */
    static LabelException bad(String message) {
        return new LabelException(false, message);
    }

    /** Whether there is none at all. */
    public boolean isMissing() {
        return missing;
    }
}
