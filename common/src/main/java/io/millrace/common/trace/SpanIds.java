package io.millrace.common.trace;

import io.opentelemetry.sdk.trace.IdGenerator;
import org.jspecify.annotations.Nullable;

/** Gives the span that a thread is about to make the ids that it asked for. Thread-safe. */
final class SpanIds implements IdGenerator {
    private static final ThreadLocal<@Nullable TraceContext> NEXT = new ThreadLocal<>();

    private final IdGenerator random = IdGenerator.random();

    /** Of the calling thread's next spans; null for any. */
    void next(@Nullable TraceContext ids) {
        if (ids == null) {
            NEXT.remove();
        } else {
            NEXT.set(ids);
        }
    }

    @Override
    public String generateSpanId() {
        TraceContext ids = NEXT.get();
        return ids == null ? random.generateSpanId() : ids.spanId();
    }

    @Override
    public String generateTraceId() {
        TraceContext ids = NEXT.get();
        return ids == null ? random.generateTraceId() : ids.traceId();
    }
}
