package io.millrace.trainer.evaluate;

/** An evaluation was not taken in; nothing has changed. */
public final class EvaluationRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why. */
    public enum Kind {
        /** It contradicts one of the same id, or the weights it wants are gone. */
        CONFLICT,
        /** Too many are under way. */
        TOO_MANY,
        /** The broker does not answer; the call may be repeated with the same id. */
        UNAVAILABLE
    }

    private final Kind kind;

    EvaluationRefusedException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    EvaluationRefusedException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
