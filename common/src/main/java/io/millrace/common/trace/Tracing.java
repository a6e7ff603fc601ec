package io.millrace.common.trace;

import io.millrace.common.config.HttpAddress;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.log.Secrets;
import io.millrace.common.record.GroupKind;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The process's traces. Spans are told when what they tell of is over, from times that are kept anyway; so while traces are
 * off nothing is made, looked up or allocated for them but one look at a claimed record's headers. Spans wait in a queue of
 * {@link #QUEUE_MAX} for the receiver, sent by a thread of its own; what finds it full is dropped, nobody waits.
 * Thread-safe.
 */
public final class Tracing implements AutoCloseable {
    /** No traces. */
    public static final Tracing OFF = new Tracing("", 0, null, null);

    /** Spans: half a minute of a busy worker. */
    public static final int QUEUE_MAX = 8_192;

    private static final long CLOSE_LIMIT_MS = 3_000;
    private static final String TRACES = "/v1/traces";

    private final String run;
    private final double share;
    private final @Nullable SdkTracerProvider provider;
    private final @Nullable Tracer tracer;
    private final SpanIds ids;

    private Tracing(String run, double share, @Nullable SdkTracerProvider provider, @Nullable SpanIds ids) {
        this.run = run;
        this.share = share;
        this.provider = provider;
        this.tracer = provider == null ? null : provider.get("io.millrace");
        this.ids = ids == null ? new SpanIds() : ids;
    }

    /**
     * @param service of the resource, such as {@code millrace-worker}
     * @param env for OpenTelemetry's own variables: the endpoint where the settings have none, and headers
     */
    public static Tracing start(TraceSettings settings, String service, String run, Map<String, String> env) {
        String endpoint = endpoint(settings, env);
        if (endpoint.isEmpty() || env.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true")) {
            return OFF;
        }
        sdkLogsAsWeDo();
        OtlpHttpSpanExporterBuilder exporter = OtlpHttpSpanExporter.builder().setEndpoint(endpoint);
        headers(env.getOrDefault("OTEL_EXPORTER_OTLP_HEADERS", ""), exporter);
        SpanIds ids = new SpanIds();
        SdkTracerProvider provider = SdkTracerProvider.builder()
                .setIdGenerator(ids)
                .setResource(Resource.getDefault()
                        .merge(Resource.create(Attributes.of(
                                AttributeKey.stringKey("service.name"),
                                service,
                                AttributeKey.stringKey("service.namespace"),
                                run))))
                .addSpanProcessor(BatchSpanProcessor.builder(exporter.build())
                        .setMaxQueueSize(QUEUE_MAX)
                        .build())
                .build();
        return new Tracing(run, settings.traceShare(), provider, ids);
    }

    private static String endpoint(TraceSettings settings, Map<String, String> env) {
        String ofTraces = env.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "");
        String base = settings.otlpEndpoint() == null
                ? env.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "")
                : settings.otlpEndpoint();
        if (settings.otlpEndpoint() == null && !ofTraces.isEmpty()) {
            HttpAddress.require("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ofTraces);
            return ofTraces;
        }
        if (base.isEmpty()) {
            return "";
        }
        Secrets.learn(base);
        HttpAddress.require("OTEL_EXPORTER_OTLP_ENDPOINT", base);
        return base.endsWith(TRACES) ? base : base.replaceAll("/+$", "") + TRACES;
    }

    /** Of the form name=value,name=value, percent-encoded; they are how receivers know who sends. */
    private static void headers(String text, OtlpHttpSpanExporterBuilder exporter) {
        for (String header : text.split(",")) {
            int at = header.indexOf('=');
            if (at > 0) {
                String value = URLDecoder.decode(header.substring(at + 1).strip(), StandardCharsets.UTF_8);
                Secrets.keep(value);
                exporter.addHeader(header.substring(0, at).strip(), value);
            }
        }
    }

    /** It has a log of its own, which would print beside ours. */
    private static synchronized void sdkLogsAsWeDo() {
        if (!SLF4JBridgeHandler.isInstalled()) {
            SLF4JBridgeHandler.removeHandlersForRootLogger();
            SLF4JBridgeHandler.install();
        }
    }

    /** Whether anything is told; whoever has to make something for it asks first. */
    public boolean isOn() {
        return tracer != null;
    }

    /**
     * Where an attempt of a group is issued, in the group's own trace; the first attempt's is its root.
     *
     * @return null while traces are off, and for groups that are not among the share
     */
    public @Nullable TraceContext issued(GroupKind kind, GroupIndex group, Attempt attempt) {
        if (tracer == null) {
            return null;
        }
        TraceContext root = TraceContext.of(run, kind.name(), group.toString());
        if (!root.isAmong(share)) {
            return null;
        }
        return attempt.value() == 1 ? root : root.child("issued", attempt.toString());
    }

    /** The root of a group's trace; what is issued again is its child. */
    public TraceContext root(GroupKind kind, GroupIndex group) {
        return TraceContext.of(run, kind.name(), group.toString());
    }

    /** What every span of an attempt has. */
    public AttributesBuilder attributes(GroupIndex group, Attempt attempt) {
        return Attributes.builder()
                .put("millrace.run", run)
                .put("millrace.group_index", group.value())
                .put("millrace.attempt", attempt.value());
    }

    /** The same of a span that a topic is involved in, by the semantic conventions of messaging. */
    public AttributesBuilder messaging(GroupIndex group, Attempt attempt, String topic, String operation, String type) {
        return attributes(group, attempt)
                .put("messaging.system", "kafka")
                .put("messaging.destination.name", topic)
                .put("messaging.operation.name", operation)
                .put("messaging.operation.type", type)
                .put("messaging.kafka.message.key", group.toString());
    }

    /** Where a worker works on an attempt. */
    public static TraceContext attempt(TraceContext issued, WorkerIncarnation worker) {
        return issued.child("attempt", worker.key(), issued.spanId());
    }

    /** Tells it; nothing while traces are off. Returns at once. */
    public void tell(GroupSpan span) {
        Tracer to = tracer;
        if (to == null) {
            return;
        }
        SpanBuilder builder = to.spanBuilder(span.name())
                .setSpanKind(span.kind())
                .setStartTimestamp(span.fromMs(), TimeUnit.MILLISECONDS)
                .setAllAttributes(span.attributes());
        if (span.parent() == null) {
            builder.setNoParent();
        } else {
            builder.setParent(Context.root().with(Span.wrap(remote(span.parent()))));
        }
        span.links().forEach(link -> builder.addLink(remote(link)));
        ids.next(span.self());
        Span made = builder.startSpan();
        ids.next(null);
        if (span.firstTokenMs() != null) {
            made.addEvent("first token", span.firstTokenMs(), TimeUnit.MILLISECONDS);
        }
        if (span.failure() != null) {
            made.setStatus(StatusCode.ERROR, span.failure());
        }
        made.end(span.toMs(), TimeUnit.MILLISECONDS);
    }

    private static SpanContext remote(TraceContext context) {
        return SpanContext.createFromRemoteParent(
                context.traceId(), context.spanId(), TraceFlags.getSampled(), TraceState.getDefault());
    }

    /** Sends what waits, for {@link #CLOSE_LIMIT_MS} at most. */
    @Override
    public void close() {
        if (provider != null) {
            provider.shutdown().join(CLOSE_LIMIT_MS, TimeUnit.MILLISECONDS);
        }
    }
}
