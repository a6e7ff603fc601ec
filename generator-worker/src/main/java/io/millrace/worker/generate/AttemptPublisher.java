package io.millrace.worker.generate;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.PartialRef;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.EarlyEnd;
import io.millrace.worker.attempt.GroupAssembly;
import io.millrace.worker.attempt.TensorsDifferException;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.publish.ResultPublisher;

/** Publishes what became of an attempt: its result, its failure, or what there is of it. Thread-safe. */
public final class AttemptPublisher {
    private final ResultPublisher publisher;
    private final GroupAssembly assembly;
    private final WallClock clock;
    private final Ticker ticker;
    private final MeterRegistry registry;
    private final AttemptSpans spans;

    public AttemptPublisher(
            ResultPublisher publisher,
            GroupAssembly assembly,
            AttemptSpans spans,
            WallClock clock,
            Ticker ticker,
            MeterRegistry registry) {
        this.publisher = publisher;
        this.spans = spans;
        this.assembly = assembly;
        this.clock = clock;
        this.ticker = ticker;
        this.registry = registry;
    }

    /** @param done called once the receipt is durable, on a thread of its own */
    void publish(HeldAttempt attempt, Runnable done) {
        ResultPublisher.EndedAttempt ended = new ResultPublisher.EndedAttempt(
                attempt.task(),
                attempt.lane(),
                (ticker.nanos() - attempt.get(AttemptState::claimedNanos)) / 1_000_000,
                spans.onwards(attempt));
        switch (attempt.earlyEnd()) {
            case null -> publishResult(attempt, ended, done);
            case EarlyEnd.Failure failure -> publishFailure(attempt, ended, failure.kind(), failure.message(), done);
            case EarlyEnd.HandBack back -> {
                WorkerMetric.ATTEMPTS_HANDED_BACK.counter(registry).increment();
                handBack(attempt, ended, back, spans.telling(attempt, null, "handed back", done));
            }
        }
    }

    private void publishResult(HeldAttempt attempt, ResultPublisher.EndedAttempt ended, Runnable done) {
        RolloutGroup group;
        try {
            group = attempt.get(state -> assembly.result(state, clock.millis()));
        } catch (TensorsDifferException e) {
            publishFailure(attempt, ended, "tensors-differ", String.valueOf(e.getMessage()), done);
            return;
        }
        publisher.publish(ended, group, spans.telling(attempt, group.header(), null, done));
    }

    private void publishFailure(
            HeldAttempt attempt, ResultPublisher.EndedAttempt ended, String kind, String message, Runnable done) {
        WorkerMetric.ATTEMPTS_FAILED.counter(registry, kind).increment();
        publisher.publishFailure(ended, kind, message, spans.telling(attempt, null, kind, done));
    }

    /** With what is new, else with where it was. */
    private void handBack(
            HeldAttempt attempt, ResultPublisher.EndedAttempt ended, EarlyEnd.HandBack back, Runnable done) {
        PartialRef before = attempt.partial();
        long tokens = attempt.get(AttemptState::responseTokens);
        if (!back.keeps() || tokens <= (before == null ? 0 : before.responseTokens())) {
            publisher.publishHandBack(ended, back.reason(), before, done);
            return;
        }
        RolloutGroup partial;
        try {
            partial = attempt.get(state -> assembly.asItIs(state, clock.millis()));
        } catch (TensorsDifferException e) {
            publishFailure(attempt, ended, "tensors-differ", String.valueOf(e.getMessage()), done);
            return;
        }
        WorkerMetric.PARTIALS.counter(registry, "given-back").increment();
        WorkerMetric.PARTIAL_TOKENS.counter(registry, "given-back").increment((double) tokens);
        publisher.publishPartial(ended, back.reason(), partial, done);
    }
}
