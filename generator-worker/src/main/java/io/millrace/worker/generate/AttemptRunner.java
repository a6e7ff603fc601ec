package io.millrace.worker.generate;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.PartialRef;
import io.millrace.common.reward.RewardException;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.time.Ticker;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.EarlyEnd;
import io.millrace.worker.attempt.Unjudged;
import io.millrace.worker.attempt.WrittenSample;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.GeneratorException;
import io.millrace.worker.generator.Samples;
import io.millrace.worker.inflight.Deadlines;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.partial.Partials;
import io.millrace.worker.slots.Slots;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes claimed groups to their end: each sample on a virtual thread of its own, in a slot while it is generated, then
 * scored without one; the group is published when its last sample is through.
 *
 * <p>Thread-safe. Owned state: {@link Slots} has slots and waiting groups, each {@link HeldAttempt} its samples, the
 * {@link InFlightTable} what this worker holds.
 */
public final class AttemptRunner implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AttemptRunner.class);

    /** Between two times that engines are asked to abort what is under way. */
    private static final Duration ABORT_PERIOD = Duration.ofMillis(200);

    private final Slots<HeldAttempt> slots;
    private final InFlightTable table;
    private final Sampler sampler;
    /** How samples are made; null where each is one turn. */
    private final @Nullable Executions executions;

    private final Grader grader;
    private final AttemptPublisher publisher;
    private final Partials partials;
    private final Ticker ticker;
    private final Fatal fatal;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Deadlines deadlines;
    private final LongAdder samplesFinished = new LongAdder();
    private final LongAdder responseTokens = new LongAdder();
    private final Timer generation;
    private final MeterRegistry registry;

    /** @param executions null where a sample is one turn, asked of an engine as it is */
    public AttemptRunner(
            Slots<HeldAttempt> slots,
            InFlightTable table,
            Sampler sampler,
            @Nullable Executions executions,
            Grader grader,
            AttemptPublisher publisher,
            Partials partials,
            Ticker ticker,
            MeterRegistry registry,
            Fatal fatal) {
        this.slots = slots;
        this.table = table;
        this.sampler = sampler;
        this.executions = executions;
        this.grader = grader;
        this.publisher = publisher;
        this.partials = partials;
        this.ticker = ticker;
        this.fatal = fatal;
        this.deadlines = new Deadlines(ticker);
        this.registry = registry;
        this.generation = WorkerMetric.GENERATION.timer(registry);
    }

    /** A group was claimed; it already stands in the in-flight table. */
    public void accept(HeldAttempt attempt) {
        slots.preparing(attempt.lane());
        deadlines.watch(attempt, () -> execute("deadline", attempt, () -> endEarly(attempt, expired(attempt))));
        if (attempt.task().partial() == null && !tokenizes(attempt)) {
            offer(attempt);
            return;
        }
        execute("preparation", attempt, () -> prepare(attempt));
    }

    /** A generator tokenizes what it needs. */
    private boolean tokenizes(HeldAttempt attempt) {
        return executions == null && sampler.tokenizes(attempt.task());
    }

    private void offer(HeldAttempt attempt) {
        start(slots.offer(attempt, attempt.task().samples(), attempt.lane()));
        if (attempt.earlyEnd() != null) {
            // It may have ended before it could be withdrawn, and would wait for slots only to do nothing in them.
            withdraw(attempt);
        }
    }

    private static EarlyEnd expired(HeldAttempt attempt) {
        return new EarlyEnd.Failure(
                "deadline",
                "not finished " + attempt.task().timeLimitMs()
                        + " ms after its claim (--task-deadline of the producer)");
    }

    /** Reads what another worker has generated of it, and tokenizes the prompt, while the group waits for slots anyway. */
    private void prepare(HeldAttempt attempt) {
        try {
            if (attempt.prepare()) {
                restore(attempt);
                if (attempt.promptIds() == null && tokenizes(attempt)) {
                    int[] ids = sampler.tokenize(attempt);
                    attempt.update(state -> state.tokenized(ids));
                }
            }
        } catch (EngineException e) {
            endEarly(attempt, failed(e));
        } catch (InterruptedException e) {
            if (attempt.earlyEnd() == null) {
                // The process ends; the ledger gives the group to somebody else.
                slots.unprepared(attempt.lane());
                return;
            }
        }
        if (attempt.prepared()) {
            slots.generated();
            slots.unprepared(attempt.lane());
            close(attempt);
        } else {
            offer(attempt);
        }
    }

    private void restore(HeldAttempt attempt) throws InterruptedException {
        PartialRef ref = attempt.task().partial();
        if (ref == null) {
            return;
        }
        try {
            RolloutGroup written = partials.read(ref, attempt.task().groupIndex());
            attempt.update(state -> state.restore(written));
            WorkerMetric.PARTIALS.counter(registry, "continued").increment();
            WorkerMetric.PARTIAL_TOKENS.counter(registry, "continued").increment((double) ref.responseTokens());
        } catch (BadRecordException | IllegalArgumentException e) {
            attempt.update(AttemptState::notRestored);
            WorkerMetric.PARTIALS.counter(registry, "lost").increment();
            log.warn(
                    "group {} begins anew, its {} tokens at {} are lost: {}",
                    attempt.task().groupIndex(),
                    ref.responseTokens(),
                    ref.offsets(),
                    e.getMessage());
        }
    }

    private static EarlyEnd failed(EngineException e) {
        return new EarlyEnd.Failure(e.kind().word(), String.valueOf(e.getMessage()));
    }

    private void start(List<Slots.Grant<HeldAttempt>> grants) {
        for (Slots.Grant<HeldAttempt> grant : grants) {
            execute("sample " + grant.sample(), grant.group(), () -> run(grant.group(), grant.sample()));
        }
    }

    /** On a virtual thread of its own; what it does not expect ends the process. */
    private void execute(String what, HeldAttempt attempt, Runnable work) {
        try {
            threads.execute(() -> {
                try {
                    work.run();
                } catch (RuntimeException | Error e) {
                    fatal.report(what + " of group " + attempt.task().groupIndex(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            // Only after close: the process is ending, the ledger gives the group to somebody else.
            log.debug("group {} not continued: closed", attempt.task().groupIndex());
        }
    }

    private void run(HeldAttempt attempt, int index) {
        if (attempt.begin(index)) {
            try {
                if (executions == null) {
                    generate(attempt, index);
                    score(attempt, index);
                } else {
                    execute(attempt, index, executions);
                }
            } catch (EngineException e) {
                endEarly(attempt, failed(e));
            } catch (GeneratorException e) {
                endEarly(attempt, new EarlyEnd.Failure(e.kind(), String.valueOf(e.getMessage())));
            } catch (RewardException e) {
                endEarly(attempt, new EarlyEnd.Failure(e.kind().word(), String.valueOf(e.getMessage())));
            } catch (InterruptedException e) {
                attempt.update(AttemptState::cutOff);
            }
        } else {
            freeSlot(attempt);
        }
        if (attempt.end(index)) {
            close(attempt);
        }
    }

    /** In its slot, which is free afterwards, however that ends. */
    private void generate(HeldAttempt attempt, int index) throws EngineException, InterruptedException {
        long startNanos = started(attempt, index);
        try {
            sampler.draw(attempt, index);
            generation.record(Duration.ofNanos(ticker.nanos() - startNanos));
        } finally {
            long endNanos = ended(attempt, index);
            attempt.get(state -> state.sample(index)).took((endNanos - startNanos) / 1e9);
            freeSlot(attempt);
        }
    }

    private long started(HeldAttempt attempt, int index) {
        long nanos = ticker.nanos();
        attempt.update(state -> state.times().started(index, nanos));
        return nanos;
    }

    private long ended(HeldAttempt attempt, int index) {
        long nanos = ticker.nanos();
        attempt.update(state -> state.times().ended(index, nanos));
        return nanos;
    }

    /** An execution in its slot, which is free afterwards, and the judgement of what it made. */
    private void execute(HeldAttempt attempt, int index, Executions executions)
            throws EngineException, GeneratorException, RewardException, InterruptedException {
        long startNanos = started(attempt, index);
        List<GeneratedSample> samples;
        try {
            samples = executions.execute(attempt, index);
            generation.record(Duration.ofNanos(ticker.nanos() - startNanos));
        } finally {
            ended(attempt, index);
            freeSlot(attempt);
        }
        double seconds = (ticker.nanos() - startNanos) / 1e9;
        grader.judge(
                attempt,
                index,
                attempt.get(state -> Samples.written(
                        samples, state.sampleIndex(index), state.sample(index).session(), seconds)));
        samplesFinished.add(samples.size());
        samples.forEach(sample -> responseTokens.add(sample.trajectory().length()));
    }

    private void score(HeldAttempt attempt, int index) throws RewardException, InterruptedException {
        WrittenSample sample = attempt.get(state -> state.through(index));
        grader.judge(attempt, index, List.of(new Unjudged(sample, false)));
        samplesFinished.increment();
        responseTokens.add(sample.tokens().length);
    }

    /**
     * Ends an attempt before its samples are through, from any thread: those under way are interrupted, those that wait for
     * a slot never start. Whoever is last closes the group: the last sample that runs, the preparation, or this call
     * when none of them does.
     */
    private void endEarly(HeldAttempt attempt, EarlyEnd why) {
        if (!attempt.endEarly(why)) {
            return;
        }
        log.warn(
                "group {} attempt {} ends early: {}",
                attempt.task().groupIndex(),
                attempt.task().attempt(),
                why);
        withdraw(attempt);
    }

    private void withdraw(HeldAttempt attempt) {
        int never = slots.withdraw(attempt, count -> attempt.get(state -> state.generated(count)));
        if (attempt.get(state -> state.skip(never))) {
            close(attempt);
        }
    }

    /**
     * Gives every group back whose samples are not all through; a group whose result is on its way goes on. Starts nothing
     * more: the slots of one group given back are not for the next.
     *
     * @param reason for the receipt
     * @param keeps whether with what has been generated: requests under way are aborted, for what they have
     * @param limit of waiting for those
     * @param worthIt asked now and then: whether what is given back can still be published
     * @return whether every group is given back within the limit; those that are not have lost what their requests had
     */
    public boolean handBack(String reason, boolean keeps, Duration limit, BooleanSupplier worthIt)
            throws InterruptedException {
        long beganNanos = ticker.nanos();
        slots.stopStarting();
        List<HeldAttempt> attempts = table.attempts();
        for (HeldAttempt attempt : attempts) {
            endEarly(attempt, new EarlyEnd.HandBack(reason, keeps && canKeep(attempt)));
        }
        boolean idle;
        do {
            // Again and again: an engine forgets what it hears of a request that it has not got yet.
            sampler.abortAll();
            idle = slots.awaitIdle(ABORT_PERIOD);
        } while (!idle && worthIt.getAsBoolean() && ticker.nanos() - beganNanos < limit.toNanos());
        attempts.forEach(HeldAttempt::interruptRunning);
        return idle;
    }

    /** Text whose ids are unknown cannot be gone on with; of executions those that are through are kept whole. */
    private boolean canKeep(HeldAttempt attempt) {
        return executions != null || attempt.promptIds() != null;
    }

    private void freeSlot(HeldAttempt attempt) {
        if (attempt.get(state -> state.generated(1))) {
            slots.generated();
        }
        start(slots.release(attempt.lane()));
    }

    /** Every sample is through: publish, then let go. */
    private void close(HeldAttempt attempt) {
        deadlines.forget(attempt);
        publisher.publish(attempt, () -> {
            table.leave(attempt);
            slots.published();
        });
    }

    public long samplesFinished() {
        return samplesFinished.sum();
    }

    public long responseTokens() {
        return responseTokens.sum();
    }

    /** Cuts off whatever still runs; groups cut off get no receipt. */
    @Override
    public void close() {
        sampler.close();
        deadlines.close();
        threads.shutdownNow();
    }
}
