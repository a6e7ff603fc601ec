package io.millrace.common.rollout;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How well the version spans of a sample are known. */
public enum SpanProvenance {
    /** The engine answered with spans. */
    SPANS,
    /** The engine answered with one version: the one at the end, so earlier tokens may be older. */
    SINGLE,
    /** The engine tells no version, or none that is a number: the task's issue version stands in, the oldest it can be. */
    ISSUE;

    /** The word on the wire. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
