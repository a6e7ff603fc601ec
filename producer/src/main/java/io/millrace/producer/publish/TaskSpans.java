package io.millrace.producer.publish;

import io.millrace.common.id.Attempt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.trace.GroupSpan;
import io.millrace.common.trace.TraceContext;
import io.millrace.common.trace.Tracing;
import io.opentelemetry.api.trace.SpanKind;
import java.util.Locale;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The first span of each attempt of a group: its task is issued. Thread-safe. */
public final class TaskSpans {
    private final Tracing tracing;
    private final RunTopics topics;
    private final WallClock clock;

    public TaskSpans(Tracing tracing, RunTopics topics, WallClock clock) {
        this.tracing = tracing;
        this.topics = topics;
        this.clock = clock;
    }

    /** The record says to which trace it belongs. */
    void mark(ProducerRecord<byte[], byte[]> record, Lane lane, TrainingTask task) {
        TraceContext context = tracing.issued(lane.kind(), task.groupIndex(), task.attempt());
        if (context != null) {
            context.write(record.headers());
        }
    }

    /** The task stands on its lane for good. */
    void issued(Lane lane, TrainingTask task) {
        TraceContext context = tracing.issued(lane.kind(), task.groupIndex(), task.attempt());
        if (context == null) {
            return;
        }
        boolean first = task.attempt().equals(new Attempt(1));
        tracing.tell(new GroupSpan(
                "send " + topics.lane(lane),
                SpanKind.PRODUCER,
                context,
                first ? null : tracing.root(lane.kind(), task.groupIndex()),
                task.issuedAtMs(),
                clock.millis(),
                tracing.messaging(task.groupIndex(), task.attempt(), topics.lane(lane), "send", "send")
                        .put("millrace.kind", lane.kind().name().toLowerCase(Locale.ROOT))
                        .put("millrace.lineage", task.lineage().value())
                        .put("millrace.issue_version", task.issueVersion().value())
                        .put("millrace.samples", task.samples())
                        .build()));
    }
}
