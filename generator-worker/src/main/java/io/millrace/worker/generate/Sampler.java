package io.millrace.worker.generate;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.id.RunId;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.EngineException;
import io.millrace.worker.engine.EngineException.Kind;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.GenerateRequest;
import io.millrace.worker.engine.Generation;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Generates one sample: bounded tries with growing, jittered pauses; what cannot succeed is not tried again; an engine
 * that is away, restarting or full is waited for while the attempt has time; an engine's Retry-After is honoured.
 * Thread-safe.
 */
final class Sampler {
    /**
     * @param requestLimit of one whole exchange with an engine; also how long an engine that is away is waited for,
     *     where the task sets no limit
     * @param attemptsMax requests for one sample that an engine took and failed, 1 or more
     * @param retryDelay before the second try; doubles from then on
     * @param retryDelayMax the longest pause, Retry-After included
     * @param tokenize whether text prompts are tokenized by the engine first, so that prompt ids are known
     */
    record Limits(
            Duration requestLimit, int attemptsMax, Duration retryDelay, Duration retryDelayMax, boolean tokenize) {}

    /** A sample drawn: the answer, who gave it, and the prompt's ids (none when it went as text). */
    record Drawn(Generation generation, String engine, int[] promptIds) {}

    private final EnginePool engines;
    private final RunId run;
    private final Limits limits;
    private final Ticker ticker;
    private final MeterRegistry registry;

    Sampler(EnginePool engines, RunId run, Limits limits, Ticker ticker, MeterRegistry registry) {
        this.engines = engines;
        this.run = run;
        this.limits = limits;
        this.ticker = ticker;
        this.registry = registry;
    }

    /**
     * Draws a sample; blocks the calling virtual thread.
     *
     * @throws EngineException the last try's failure
     */
    Drawn draw(GroupRun group, int sample) throws EngineException, InterruptedException {
        TrainingTask task = group.task();
        Set<String> failed = new HashSet<>();
        int[] promptIds = group.promptIds();
        AtomicInteger tries = new AtomicInteger();
        return tried(group, () -> {
            // Never the same twice: an engine refuses a request id it still holds.
            String rid = run + ".g" + task.groupIndex() + ".a" + task.attempt() + ".s" + sample + ".t"
                    + tries.incrementAndGet();
            GenerateRequest request = new GenerateRequest(
                    rid, promptIds, promptIds == null ? task.prompt().asText() : null, task.samplingParams());
            EnginePool.Made made = engines.generate(request, limits.requestLimit(), failed);
            if (made.generation().finish() == Generation.Finish.ABORT) {
                throw new EngineException(Kind.ABORTED, made.address() + " aborted " + rid);
            }
            if (made.generation().tokens().length == 0) {
                throw new EngineException(Kind.MALFORMED, made.address() + " answered " + rid + " without a token");
            }
            return new Drawn(made.generation(), made.address(), promptIds == null ? new int[0] : promptIds);
        });
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
            Thread.sleep(asked.compareTo(limits.retryDelayMax()) < 0 ? asked : limits.retryDelayMax());
        }
    }

    private void count(@Nullable Throwable failure) {
        String kind = failure instanceof EngineException e ? e.kind().word() : "unexpected";
        registry.counter("millrace.worker.engine.failures", "kind", kind).increment();
    }
}
