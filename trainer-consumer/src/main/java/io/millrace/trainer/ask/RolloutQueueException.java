package io.millrace.trainer.ask;

import org.jspecify.annotations.Nullable;

/** A call that {@link RolloutQueue} could not answer; the message says why and what to do. */
public final class RolloutQueueException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What went wrong. */
    public enum Kind {
        /**
         * Another step is due, the lease is not the open one, the run is in another lineage, the version is not newer, or
         * no further step can be filled. Nothing changed; {@link #current} says how the run stands.
         */
        REFUSED,
        /** Groups of the step were gone, so its lease is void: lease it again, it gets other groups. */
        LEASED_ANEW,
        /** Too many callers at once, or no answer in time; every call may be repeated. */
        BUSY,
        /** No broker answers; the queue waits for it, and every call may be repeated. */
        UNAVAILABLE,
        /** The queue was closed or has failed. */
        ENDED
    }

    private final Kind kind;
    /** Values of the run are no part of its serial form. */
    private final transient @Nullable Current current;

    public RolloutQueueException(Kind kind, String message) {
        this(kind, message, null, null);
    }

    /** A refusal. */
    public RolloutQueueException(String why, Current current) {
        this(Kind.REFUSED, why, current, null);
    }

    /** Of kind {@link Kind#LEASED_ANEW}. */
    public static RolloutQueueException leasedAnew(String why, Current current) {
        return new RolloutQueueException(Kind.LEASED_ANEW, why, current, null);
    }

    /** The same, for the thread that asked. */
    public RolloutQueueException(RolloutQueueException known) {
        this(known.kind, known.getMessage(), known.current, known);
    }

    public RolloutQueueException(Kind kind, String message, Throwable cause) {
        this(kind, message, null, cause);
    }

    private RolloutQueueException(
            Kind kind, @Nullable String message, @Nullable Current current, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.current = current;
    }

    public Kind kind() {
        return kind;
    }

    /** How the run stands; null but for {@link Kind#REFUSED} and {@link Kind#LEASED_ANEW}. */
    public @Nullable Current current() {
        return current;
    }
}
