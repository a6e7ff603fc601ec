package io.millrace.worker.engine.dialect;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request that did not become a generation: expected, so it is data with a kind that says what to do. */
public final class EngineException extends Exception {
    /** What went wrong. The word is the failure's kind on receipts and in metrics. */
    public enum Kind {
        /** 4xx: the same request can never succeed. */
        REFUSED("engine-refused", Retry.NEVER),
        /** 429 or 503: the engine has no room, or is starting. */
        OVERLOADED("engine-overloaded", Retry.WHILE_TIME_REMAINS),
        /** 408 or 5xx. */
        FAILED("engine-failed", Retry.COUNTED),
        /** No connection, or it broke: the engine is away or was restarted. */
        UNREACHABLE("engine-unreachable", Retry.WHILE_TIME_REMAINS),
        /** The whole exchange took longer than its limit. */
        TIMED_OUT("engine-timeout", Retry.COUNTED),
        /** An answer that is not what the engine promises. */
        MALFORMED("engine-malformed", Retry.COUNTED),
        /** The engine gave the request up, and its attempt has no time left. */
        ABORTED("engine-aborted", Retry.NEVER);

        private enum Retry {
            NEVER,
            COUNTED,
            WHILE_TIME_REMAINS
        }

        private final String word;
        private final Retry retry;

        Kind(String word, Retry retry) {
            this.word = word;
            this.retry = retry;
        }

        public String word() {
            return word;
        }

        public boolean retryable() {
            return retry != Retry.NEVER;
        }

        /** Whether such a try says something of the request, and so counts against its limit. */
        public boolean counted() {
            return retry == Retry.COUNTED;
        }
    }

    private final Kind kind;
    private final @Nullable Duration retryAfter;

    public EngineException(Kind kind, String message) {
        this(kind, message, null, null);
    }

    public EngineException(Kind kind, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    public Kind kind() {
        return kind;
    }

    /** How long the engine asked us to wait; null when it did not. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
