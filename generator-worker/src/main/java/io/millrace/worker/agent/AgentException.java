package io.millrace.worker.agent;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A task that an agent server did not answer: expected, so it is data with a kind that says what to do. */
final class AgentException extends Exception {
    /** What went wrong. The word goes on receipts and into metrics. */
    enum Kind {
        /** No connection, or it broke: the server is away or was restarted. */
        UNREACHABLE("agent-unreachable", true),
        /** 429 or 503: it has no room. */
        OVERLOADED("agent-overloaded", true),
        /** Another 5xx. */
        FAILED("agent-failed", true),
        /** 4xx, or an answer that says so: the same task can never be done. */
        REFUSED("agent-refused", false),
        /** No answer in the time for it. */
        TIMED_OUT("agent-timeout", false),
        /** An answer that is none, or is none to this task. */
        GARBAGE("agent-garbage", false);

        final String word;
        final boolean again;

        Kind(String word, boolean again) {
            this.word = word;
            this.again = again;
        }
    }

    private final Kind kind;
    private final @Nullable Duration retryAfter;

    AgentException(Kind kind, String message) {
        this(kind, message, null);
    }

    /** @param retryAfter what the server asks for; null when nothing */
    AgentException(Kind kind, String message, @Nullable Duration retryAfter) {
        super(message, null, false, false);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    Kind kind() {
        return kind;
    }

    @Nullable
    Duration retryAfter() {
        return retryAfter;
    }
}
