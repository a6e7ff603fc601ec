package io.millrace.worker.generate;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleTiming;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.trace.GroupSpan;
import io.millrace.common.trace.TraceContext;
import io.millrace.common.trace.Tracing;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.inflight.HeldAttempt;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanKind;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells an attempt's spans once its receipt is durable: the attempt, and within it each sample's wait for a slot, its
 * generation and its reward, and the publication, by the attributes of OpenTelemetry's conventions for messaging and
 * generative AI. Of an attempt that nobody traces nothing is made. Thread-safe.
 */
public final class AttemptSpans {
    private final Tracing tracing;
    private final RunTopics topics;
    private final WorkerIncarnation worker;
    private final String engine;
    private final WallClock clock;

    /** @param engine whose samples they are, such as {@code sglang} */
    public AttemptSpans(Tracing tracing, RunTopics topics, WorkerIncarnation worker, String engine, WallClock clock) {
        this.tracing = tracing;
        this.topics = topics;
        this.worker = worker;
        this.engine = engine;
        this.clock = clock;
    }

    private boolean tells(@Nullable TraceContext issued) {
        return tracing.isOn() && issued != null && issued.sampled();
    }

    /** What an attempt's records go on with: its own place where it is told, else what its task came with. */
    @Nullable
    TraceContext onwards(HeldAttempt attempt) {
        TraceContext issued = attempt.trace();
        return issued == null || !tells(issued) ? issued : Tracing.attempt(issued, worker);
    }

    /**
     * @param header of its result; null where it has none
     * @param failure why it has none; null where it has one
     * @param done to be called once its receipt is durable
     * @return the same, and its spans are told
     */
    Runnable telling(HeldAttempt attempt, @Nullable GroupHeader header, @Nullable String failure, Runnable done) {
        TraceContext issued = attempt.trace();
        if (issued == null || !tells(issued)) {
            return done;
        }
        long publishedFromMs = clock.millis();
        return () -> {
            tell(attempt, issued, header, failure, publishedFromMs);
            done.run();
        };
    }

    private void tell(
            HeldAttempt attempt,
            TraceContext issued,
            @Nullable GroupHeader header,
            @Nullable String failure,
            long publishedFromMs) {
        TrainingTask task = attempt.task();
        TraceContext self = Tracing.attempt(issued, worker);
        long claimedMs = attempt.get(AttemptState::claimedAtMs);
        long nowMs = clock.millis();
        String lane = topics.lane(attempt.lane());
        tracing.tell(new GroupSpan(
                "process " + lane,
                SpanKind.CONSUMER,
                self,
                issued,
                claimedMs,
                nowMs,
                tracing.messaging(task.groupIndex(), task.attempt(), lane, "process", "process")
                        .put("messaging.consumer.group.name", topics.shareGroup(attempt.lane()))
                        .put("messaging.client.id", worker.workerId())
                        .build(),
                null,
                List.of(),
                failure));
        for (SampleTiming timing : attempt.get(state -> state.times().timings())) {
            sample(task, self, header, timing, claimedMs);
        }
        if (header != null) {
            String results = topics.results(attempt.lane().kind());
            tracing.tell(new GroupSpan(
                    "send " + results,
                    SpanKind.PRODUCER,
                    null,
                    self,
                    publishedFromMs,
                    nowMs,
                    tracing.messaging(task.groupIndex(), task.attempt(), results, "send", "send")
                            .build()));
        }
    }

    private void sample(
            TrainingTask task,
            TraceContext attempt,
            @Nullable GroupHeader header,
            SampleTiming timing,
            long claimedMs) {
        long startedMs = claimedMs + timing.startedMs();
        tracing.tell(new GroupSpan(
                "wait for slot",
                SpanKind.INTERNAL,
                null,
                attempt,
                claimedMs,
                startedMs,
                attributes(task, timing).build()));
        Long ended = timing.endedMs();
        if (ended == null) {
            return;
        }
        List<SampleHeader> made = header == null
                ? List.of()
                : header.samples().stream()
                        .filter(sample ->
                                sample.index() == task.groupIndex().sampleIndex(timing.sample(), task.samples()))
                        .toList();
        Long token = timing.firstTokenMs();
        tracing.tell(new GroupSpan(
                "text_completion",
                SpanKind.CLIENT,
                null,
                attempt,
                startedMs,
                claimedMs + ended,
                generation(task, timing, made).build(),
                token == null ? null : (Long) (claimedMs + token),
                List.of(),
                null));
        Long judged = timing.judgedMs();
        if (judged != null) {
            AttributesBuilder attributes = attributes(task, timing);
            made.stream()
                    .findFirst()
                    .ifPresent(one ->
                            attributes.put("millrace.reward", one.reward().value()));
            tracing.tell(new GroupSpan(
                    "score",
                    SpanKind.INTERNAL,
                    null,
                    attempt,
                    claimedMs + ended,
                    claimedMs + judged,
                    attributes.build()));
        }
    }

    private AttributesBuilder attributes(TrainingTask task, SampleTiming timing) {
        return tracing.attributes(task.groupIndex(), task.attempt()).put("millrace.sample", timing.sample());
    }

    private AttributesBuilder generation(TrainingTask task, SampleTiming timing, List<SampleHeader> made) {
        SamplingParams params = task.samplingParams();
        AttributesBuilder attributes = attributes(task, timing)
                .put("gen_ai.operation.name", "text_completion")
                .put("gen_ai.provider.name", engine)
                .put("gen_ai.request.max_tokens", params.maxNewTokens())
                .put("gen_ai.request.temperature", params.temperature())
                .put("gen_ai.request.top_p", params.topP());
        if (made.isEmpty()) {
            return attributes;
        }
        attributes
                .put("gen_ai.usage.input_tokens", made.getFirst().promptLength())
                .put(
                        "gen_ai.usage.output_tokens",
                        made.stream().mapToLong(SampleHeader::responseLength).sum())
                .put(
                        AttributeKey.stringArrayKey("gen_ai.response.finish_reasons"),
                        made.stream().map(SampleHeader::finishReason).toList());
        try {
            URI address = URI.create(made.getFirst().engine());
            if (address.getHost() != null) {
                attributes.put("server.address", address.getHost()).put("server.port", address.getPort());
            }
        } catch (IllegalArgumentException e) {
            // An agent's name is no address.
        }
        return attributes;
    }
}
