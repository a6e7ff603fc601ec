package io.millrace.worker.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request that did not become a generation: expected, so it is data with a kind that says what to do. */
public final class EngineException extends Exception {
    /** What went wrong. The word is the failure's kind on receipts and in metrics. */
    public enum Kind {
        /** 4xx: the same request can never succeed. */
        REFUSED("engine-refused", false),
        /** 429 or 503: the engine has no room. */
        OVERLOADED("engine-overloaded", true),
        /** 408 or 5xx. */
        FAILED("engine-failed", true),
        /** No connection, or it broke. */
        UNREACHABLE("engine-unreachable", true),
        /** The whole exchange took longer than its limit. */
        TIMED_OUT("engine-timeout", true),
        /** An answer that is not what the engine promises. */
        MALFORMED("engine-malformed", true),
        /** The engine gave the request up. */
        ABORTED("engine-aborted", true);

        private final String word;
        private final boolean retryable;

        Kind(String word, boolean retryable) {
            this.word = word;
            this.retryable = retryable;
        }

        public String word() {
            return word;
        }

        public boolean retryable() {
            return retryable;
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
