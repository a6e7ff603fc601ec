package io.millrace.common.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that a process has done, told once it is over.
 *
 * @param self its place; null for any
 * @param parent null for the first of its trace
 * @param fromMs wall clock, milliseconds since 1970
 * @param firstTokenMs when its first token was there; null where that is not known
 * @param links what else it was done for
 * @param failure why it came to nothing; null where it did not
 */
public record GroupSpan(
        String name,
        SpanKind kind,
        @Nullable TraceContext self,
        @Nullable TraceContext parent,
        long fromMs,
        long toMs,
        Attributes attributes,
        @Nullable Long firstTokenMs,
        List<TraceContext> links,
        @Nullable String failure) {
    public GroupSpan {
        links = List.copyOf(links);
        toMs = Math.max(fromMs, toMs);
    }

    /** That went well. */
    public GroupSpan(
            String name,
            SpanKind kind,
            @Nullable TraceContext self,
            @Nullable TraceContext parent,
            long fromMs,
            long toMs,
            Attributes attributes) {
        this(name, kind, self, parent, fromMs, toMs, attributes, null, List.of(), null);
    }
}
