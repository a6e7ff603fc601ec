package io.millrace.trainer.trace;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.StepRecord;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.trace.GroupSpan;
import io.millrace.common.trace.TraceContext;
import io.millrace.common.trace.Tracing;
import io.millrace.common.wire.ResultHeaders;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Tells what the trainer consumer does with traced groups, each in its own trace: from the arrival of its result to the
 * lease, and from there to the acknowledgement; and each step in a trace of its own, linked to those of its groups. While
 * traces are off it keeps nothing. Owned by the loop; {@link #ofStep} may be called by any thread.
 */
public final class GroupSpans {
    private final Tracing tracing;
    private final RunTopics topics;
    private final WallClock clock;
    /** Results that have come and are not settled; as many as the collector keeps groups. */
    private final Map<GroupIndex, Arrived> arrived = new HashMap<>();
    /** Of these it is told that they have come. */
    private final Set<GroupIndex> told = new HashSet<>();

    private record Arrived(TraceContext from, Attempt attempt, long atMs) {
        TraceContext collected() {
            return from.child("collected");
        }
    }

    public GroupSpans(Tracing tracing, RunTopics topics, WallClock clock) {
        this.tracing = tracing;
        this.topics = topics;
        this.clock = clock;
    }

    /**
     * A record of {@code results} was read; the first of a group counts.
     *
     * @param over whether something of a group has won before
     */
    public void arrived(ConsumerRecord<byte[], byte[]> record, Predicate<GroupIndex> over) {
        if (!tracing.isOn() || record.key() == null) {
            return;
        }
        TraceContext from = TraceContext.read(record.headers()).orElse(null);
        Attempt attempt = ResultHeaders.readAttempt(record.headers());
        String index = new String(record.key(), StandardCharsets.US_ASCII);
        if (from != null && from.sampled() && attempt != null && index.matches("[0-9]{1,18}")) {
            GroupIndex group = new GroupIndex(Long.parseLong(index));
            if (!over.test(group)) {
                arrived.putIfAbsent(group, new Arrived(from, attempt, clock.millis()));
            }
        }
    }

    /** A step is leased. */
    public void leased(StepRecord.Lease lease) {
        if (!tracing.isOn()) {
            return;
        }
        for (StepRecord.ManifestEntry entry : lease.groups()) {
            Arrived group = arrived.get(entry.groupIndex());
            if (group != null && told.add(entry.groupIndex())) {
                received(lease, entry, group);
            }
        }
    }

    private void received(StepRecord.Lease lease, StepRecord.ManifestEntry entry, Arrived group) {
        String results = topics.results(GroupKind.TRAINING);
        tracing.tell(new GroupSpan(
                "receive " + results,
                SpanKind.CONSUMER,
                group.collected(),
                group.from(),
                Math.min(group.atMs(), lease.leasedAtMs()),
                lease.leasedAtMs(),
                tracing.messaging(entry.groupIndex(), group.attempt(), results, "poll", "receive")
                        .put("messaging.destination.partition.id", Integer.toString(entry.partition()))
                        .put("messaging.kafka.offset", entry.offsets().getFirst())
                        .put("millrace.step", lease.step().value())
                        .build()));
    }

    /** Its groups are trained. */
    public void acknowledged(StepRecord.Lease lease) {
        if (!tracing.isOn()) {
            return;
        }
        // Of a step that an earlier session has leased it is not told yet.
        leased(lease);
        long nowMs = clock.millis();
        List<TraceContext> links = lease.groups().stream()
                .map(entry -> arrived.get(entry.groupIndex()))
                .filter(Objects::nonNull)
                .map(Arrived::collected)
                .toList();
        if (!links.isEmpty()) {
            tracing.tell(new GroupSpan(
                    "train step " + lease.step(),
                    SpanKind.INTERNAL,
                    ofStep(lease),
                    null,
                    lease.leasedAtMs(),
                    nowMs,
                    Attributes.builder()
                            .put("millrace.run", topics.run().value())
                            .put("millrace.step", lease.step().value())
                            .put("millrace.lineage", lease.lineage().value())
                            .put(
                                    "millrace.weight_version",
                                    lease.weightVersion().value())
                            .put("millrace.groups", lease.groups().size())
                            .build(),
                    null,
                    links,
                    null));
        }
        for (StepRecord.ManifestEntry entry : lease.groups()) {
            Arrived group = arrived.remove(entry.groupIndex());
            told.remove(entry.groupIndex());
            if (group != null) {
                tracing.tell(new GroupSpan(
                        "train",
                        SpanKind.INTERNAL,
                        null,
                        group.collected(),
                        lease.leasedAtMs(),
                        nowMs,
                        tracing.attributes(entry.groupIndex(), group.attempt())
                                .put("millrace.step", lease.step().value())
                                .put("millrace.lineage", lease.lineage().value())
                                .build(),
                        null,
                        List.of(ofStep(lease)),
                        null));
            }
        }
    }

    /** A group is settled otherwise, or its result does not count. */
    public void dropped(GroupIndex index, String why) {
        Arrived group = arrived.remove(index);
        if (!told.remove(index) && group != null) {
            long nowMs = clock.millis();
            tracing.tell(new GroupSpan(
                    "receive " + topics.results(GroupKind.TRAINING),
                    SpanKind.CONSUMER,
                    group.collected(),
                    group.from(),
                    group.atMs(),
                    nowMs,
                    tracing.messaging(index, group.attempt(), topics.results(GroupKind.TRAINING), "poll", "receive")
                            .put("millrace.dropped", why)
                            .build()));
        }
    }

    /** The trace of a step, for its trainer to go on with; null while traces are off. */
    public static @Nullable TraceContext ofStep(Tracing tracing, RunId run, StepRecord.Lease lease) {
        return tracing.isOn() ? step(run, lease) : null;
    }

    private TraceContext ofStep(StepRecord.Lease lease) {
        return step(topics.run(), lease);
    }

    private static TraceContext step(RunId run, StepRecord.Lease lease) {
        return TraceContext.of(
                run.value(), "step", lease.lineage().toString(), lease.leaseId().toString());
    }
}
