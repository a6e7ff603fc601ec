package io.millrace.worker.generate;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.id.RunId;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.weights.OnWeightUpdate;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Generates one sample: bounded tries with growing, jittered pauses; what cannot succeed is not tried again; an engine
 * that is away, restarting or full is waited for while the attempt has time; an engine's Retry-After is honoured; a
 * sample that is aborted is continued.
 * Thread-safe.
 */
final class Sampler {
    /**
     * @param requestLimit of one whole exchange with an engine; also how long an engine that is away is waited for,
     *     where the task sets no limit
     * @param attemptsMax requests for one sample that an engine took and failed, 1 or more
     * @param retryDelay before the second try; doubles from then on
     * @param retryDelayMax the longest pause, Retry-After included
     * @param onWeightUpdate what becomes of aborted samples
     * @param tokenize whether text prompts are tokenized by the engine first, so that prompt ids are known
     */
    record Limits(
            Duration requestLimit,
            int attemptsMax,
            Duration retryDelay,
            Duration retryDelayMax,
            OnWeightUpdate onWeightUpdate,
            boolean tokenize) {}

    /**
     * A sample drawn.
     *
     * @param generation the answer, joined where it came in pieces
     * @param versions behind its tokens
     * @param engine who gave it, or its last piece
     * @param promptIds none when the prompt went as text
     */
    record Drawn(Generation generation, WeightVersions versions, String engine, int[] promptIds) {}

    private final EnginePool engines;
    private final WeightsGate gate;
    private final RunId run;
    private final Limits limits;
    private final Ticker ticker;
    private final MeterRegistry registry;

    Sampler(EnginePool engines, WeightsGate gate, RunId run, Limits limits, Ticker ticker, MeterRegistry registry) {
        this.engines = engines;
        this.gate = gate;
        this.run = run;
        this.limits = limits;
        this.ticker = ticker;
        this.registry = registry;
    }

    /**
     * Draws a sample; blocks the calling virtual thread. What an engine aborts is continued behind the tokens it has, or
     * drawn anew; that is no failure, and goes on while the attempt has time.
     *
     * @throws EngineException the last try's failure
     */
    Drawn draw(GroupRun group, int sample) throws EngineException, InterruptedException {
        SamplingParams params = group.task().samplingParams();
        AtomicInteger tries = new AtomicInteger();
        long startNanos = ticker.nanos();
        int barren = 0;
        SampleSoFar soFar = group.soFar(sample);
        if (!soFar.isThrough(params)) {
            gate.awaitReady();
        }
        while (!soFar.isThrough(params)) {
            EnginePool.Made made = piece(group, sample, soFar, tries);
            Generation piece = made.generation();
            if (piece.finish() != Finish.ABORT || keeps(group)) {
                soFar.add(piece, made.address(), made.versionBefore(), engines.versions());
            }
            if (soFar.isThrough(params)) {
                break;
            }
            aborted(group, piece);
            group.goesOn();
            barren = piece.tokens().length == 0 ? barren + 1 : 0;
            if (!timeRemains(group, startNanos)) {
                throw new EngineException(
                        Kind.ABORTED, made.address() + " aborted the sample and its attempt has no time left");
            }
            if (barren > 0) {
                pauseAfterAbort(barren);
            }
            hold();
        }
        int[] promptIds = group.promptIds();
        return new Drawn(
                soFar.joined(params), soFar.versions(), soFar.engine(), promptIds == null ? new int[0] : promptIds);
    }

    /** A sample that has begun waits for new weights, unless it is to be finished without them. */
    private void hold() throws InterruptedException {
        if (limits.onWeightUpdate() == OnWeightUpdate.FINISH) {
            gate.awaitResumed();
        } else {
            gate.awaitReady();
        }
    }

    /** Text whose ids are unknown cannot be continued behind. */
    private boolean keeps(GroupRun group) {
        return group.promptIds() != null && (limits.onWeightUpdate() != OnWeightUpdate.RESTART || group.isGivenBack());
    }

    private void aborted(GroupRun group, Generation piece) {
        registry.counter("millrace.worker.aborted.requests").increment();
        registry.counter("millrace.worker.aborted.tokens", "fate", keeps(group) ? "kept" : "dropped")
                .increment(piece.tokens().length);
    }

    /** An engine that aborts before it has made a token is busy with something else: it is asked less and less often. */
    private void pauseAfterAbort(int barren) throws InterruptedException {
        long pauseMs = limits.retryDelay().toMillis() << Math.min(20, barren - 1);
        // Only this sample's virtual thread sleeps.
        Thread.sleep(Math.min(pauseMs, limits.retryDelayMax().toMillis()));
    }

    /** One answer of an engine, aborted or not. */
    private EnginePool.Made piece(GroupRun group, int sample, SampleSoFar soFar, AtomicInteger tries)
            throws EngineException, InterruptedException {
        TrainingTask task = group.task();
        Set<String> failed = new HashSet<>();
        int[] promptIds = group.promptIds();
        return tried(group, () -> {
            // Never the same twice: an engine refuses a request id it still holds.
            String rid = run + (group.kind() == GroupKind.EVALUATION ? ".e" : ".g") + task.groupIndex() + ".a"
                    + task.attempt() + ".s" + sample + ".t" + tries.incrementAndGet();
            GenerateRequest request = new GenerateRequest(
                    rid,
                    promptIds == null ? null : soFar.prefix(promptIds),
                    promptIds == null ? task.prompt().asText() : null,
                    task.samplingParams(),
                    soFar.length());
            // What is given back asks for nothing more: its samples go on elsewhere from where they are.
            group.asking(sample);
            EnginePool.Made made;
            try {
                made = engines.generate(request, task.issueVersion(), limits.requestLimit(), failed);
            } finally {
                group.asked(sample);
            }
            int length = made.generation().tokens().length;
            if (made.generation().finish() != Finish.ABORT && soFar.length() + length == 0) {
                throw new EngineException(Kind.MALFORMED, made.address() + " answered " + rid + " without a token");
            }
            if (length > request.maxNewTokens()) {
                throw new EngineException(
                        Kind.MALFORMED,
                        made.address() + " answered " + rid + " with " + length + " tokens, more than max_new_tokens");
            }
            return made;
        });
    }

    /** Ends what is under way at the engines; the answers have what was generated so far. */
    void abortAll() throws InterruptedException {
        engines.abortAll();
    }

    /** Whether the prompt has yet to be tokenized by an engine before its samples may start. */
    boolean tokenizes(TrainingTask task) {
        return limits.tokenize() && !(task.prompt() instanceof Prompt.TokenIds);
    }

    /**
     * The engine's token ids of a text prompt; blocks the calling virtual thread. Done once for a group and before it
     * gets slots, so that no slot waits for it.
     */
    int[] tokenize(GroupRun group) throws EngineException, InterruptedException {
        Set<String> failed = new HashSet<>();
        return tried(group, () -> engines.tokenize(group.task().prompt().asText(), limits.requestLimit(), failed));
    }

    private interface Call<T> {
        T once() throws Exception;
    }

    private <T> T tried(GroupRun group, Call<T> call) throws EngineException, InterruptedException {
        AtomicInteger counted = new AtomicInteger();
        long startNanos = ticker.nanos();
        // The time is asked for after each try: a policy built with little or no time left would be refused.
        RetryPolicy<T> policy = pauses(RetryPolicy.<T>builder()
                        .handleIf(e -> e instanceof EngineException failure
                                && failure.kind().retryable()
                                && counted.get() < limits.attemptsMax()
                                && timeRemains(group, startNanos))
                        .withMaxAttempts(-1))
                .withJitter(0.25)
                .onFailedAttempt(event -> count(event.getLastException()))
                .build();
        try {
            return Failsafe.with(policy).get(() -> {
                try {
                    return call.once();
                } catch (EngineException e) {
                    if (e.kind().counted()) {
                        counted.incrementAndGet();
                    }
                    waitAsAsked(e);
                    throw e;
                }
            });
        } catch (FailsafeException e) {
            if (e.getCause() instanceof EngineException failure) {
                throw failure;
            }
            if (e.getCause() instanceof InterruptedException interrupted) {
                throw interrupted;
            }
            throw e;
        }
    }

    /** Growing where the limits let them grow. */
    private <T> RetryPolicyBuilder<T> pauses(RetryPolicyBuilder<T> builder) {
        return limits.retryDelay().compareTo(limits.retryDelayMax()) < 0
                ? builder.withBackoff(limits.retryDelay(), limits.retryDelayMax())
                : builder.withDelay(limits.retryDelay());
    }

    private boolean timeRemains(GroupRun group, long startNanos) {
        long deadlineNanos = group.deadlineNanos();
        return deadlineNanos == Long.MAX_VALUE
                ? ticker.nanos() - startNanos < limits.requestLimit().toNanos()
                : ticker.nanos() - deadlineNanos < 0;
    }

    /** The engine's Retry-After comes on top of the policy's own pause; only this sample's virtual thread sleeps. */
    private void waitAsAsked(EngineException e) throws InterruptedException {
        Duration asked = e.retryAfter();
        if (asked != null && e.kind().retryable()) {
            // So long the engine asked to be left alone.
            Thread.sleep(asked.compareTo(limits.retryDelayMax()) < 0 ? asked : limits.retryDelayMax());
        }
    }

    private void count(@Nullable Throwable failure) {
        String kind = failure instanceof EngineException e ? e.kind().word() : "unexpected";
        registry.counter("millrace.worker.engine.failures", "kind", kind).increment();
    }
}
