package io.millrace.common.rollout;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How well the version spans of a sample are known, best first; of pieces that differ in it the last one counts. */
public enum SpanProvenance {
    /** The engine answered with spans. */
    SPANS,
    /**
     * The engine told one version before the request was sent and another (or the same) with its answer; the older one
     * stands for all tokens. No token is older, since an engine's versions only rise; some may be newer.
     */
    BRACKETED,
    /**
     * The engine answered with one version and could not be asked before: the one at the end, so earlier tokens may be
     * older.
     */
    SINGLE,
    /**
     * The engine tells no version, or none that is a number: the task's issue version stands in. That is the oldest it
     * can be as long as every engine serves what the trainer calls ready; an engine that lags behind, such as one that
     * was started late with older weights, goes unnoticed.
     */
    ISSUE;

    /** The word on the wire. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
