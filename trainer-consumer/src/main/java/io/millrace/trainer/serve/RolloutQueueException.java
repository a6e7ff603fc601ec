package io.millrace.trainer.serve;

/** A call that {@link RolloutQueue} could not answer; the message says why and what to do. */
public final class RolloutQueueException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What went wrong. */
    public enum Kind {
        /** Another step is due, the version is not newer, or no further step can be filled. Nothing changed. */
        REFUSED,
        /** The step is not leased, so it has no batch. */
        NOT_LEASED,
        /** A record of the batch cannot be read back; the lease stands and the call may be repeated. */
        UNREADABLE,
        /** Too many callers at once, or no answer in time; every call may be repeated. */
        BUSY,
        /** No broker answers; the queue waits for it, and every call may be repeated. */
        UNAVAILABLE,
        /** The queue was closed or has failed. */
        ENDED
    }

    private final Kind kind;

    RolloutQueueException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    RolloutQueueException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
