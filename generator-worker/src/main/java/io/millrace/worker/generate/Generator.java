package io.millrace.worker.generate;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.worker.WorkerSettings;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.reward.RewardRequest;
import io.millrace.worker.reward.RewardScorer;
import io.millrace.worker.reward.Rewards;
import io.millrace.worker.reward.ScoreResult;
import io.millrace.worker.slots.Dispatcher;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs claimed groups: each sample on a virtual thread of its own, in a slot while it is generated, then scored without
 * one; the group is published when its last sample is through.
 *
 * <p>Thread-safe. Owned state: the dispatcher has slots and waiting groups, each {@link GroupRun} its samples, the
 * {@link InFlightTable} what this worker holds.
 */
public final class Generator implements Dispatcher.Starter<GroupRun>, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Generator.class);

    /** Between two times that engines are asked to abort what is under way. */
    private static final Duration ABORT_PERIOD = Duration.ofMillis(200);

    /** Who and when, for headers. */
    record Identity(RunId run, WorkerIncarnation worker, WallClock clock, Ticker ticker) {}

    private final Identity identity;
    private final Dispatcher<GroupRun> dispatcher;
    private final Sampler sampler;
    private final RewardScorer scorer;
    private final ResultPublisher publisher;
    private final Partials partials;
    private final InFlightTable table;
    private final Fatal fatal;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Deadlines deadlines;
    private final LongAdder samplesFinished = new LongAdder();
    private final LongAdder responseTokens = new LongAdder();
    private final Timer generation;
    private final MeterRegistry registry;

    /** Builds a generator from the worker's settings. */
    public static Generator create(
            WorkerSettings settings,
            WorkerIncarnation worker,
            EnginePool engines,
            WeightsGate gate,
            RewardScorer scorer,
            ResultPublisher publisher,
            Partials partials,
            InFlightTable table,
            MeterRegistry registry,
            Fatal fatal) {
        RunId run = settings.topics().run();
        Sampler sampler = new Sampler(
                engines,
                gate,
                run,
                new Sampler.Limits(
                        settings.retry().requestTimeout(),
                        settings.retry().requestAttempts(),
                        settings.retry().retryDelay(),
                        settings.retry().retryDelayMax(),
                        settings.weights().onWeightUpdate(),
                        settings.engineLimits().tokenize()),
                Ticker.system(),
                registry);
        return new Generator(
                new Identity(run, worker, WallClock.system(), Ticker.system()),
                new Limits(
                        settings.slots().slots(),
                        settings.slots().evaluationSlots(),
                        settings.slots().prefetch(),
                        settings.slots().unpublishedMax()),
                sampler,
                scorer,
                publisher,
                partials,
                table,
                registry,
                fatal);
    }

    Generator(
            Identity identity,
            Limits limits,
            Sampler sampler,
            RewardScorer scorer,
            ResultPublisher publisher,
            Partials partials,
            InFlightTable table,
            MeterRegistry registry,
            Fatal fatal) {
        this.identity = identity;
        this.dispatcher = new Dispatcher<>(
                limits.slots(), limits.evaluationSlots(), limits.prefetch(), limits.unpublishedMax(), this);
        this.sampler = sampler;
        this.scorer = scorer;
        this.publisher = publisher;
        this.partials = partials;
        this.table = table;
        this.fatal = fatal;
        this.deadlines = new Deadlines(identity.ticker());
        this.registry = registry;
        this.generation = Timer.builder("millrace.worker.generation")
                .description("one sample, all tries")
                .serviceLevelObjectives(
                        java.time.Duration.ofMillis(100),
                        java.time.Duration.ofSeconds(1),
                        java.time.Duration.ofSeconds(10),
                        java.time.Duration.ofSeconds(60),
                        java.time.Duration.ofMinutes(10),
                        java.time.Duration.ofHours(1))
                .register(registry);
        registry.gauge("millrace.worker.slots", dispatcher, Dispatcher::slots);
        registry.gauge("millrace.worker.slots.in.use", dispatcher, Dispatcher::slotsInUse);
        registry.gauge("millrace.worker.slots.in.use.evaluation", dispatcher, Dispatcher::evaluationSlotsInUse);
        registry.gauge("millrace.worker.groups.held", table, InFlightTable::size);
    }

    /**
     * @param slots samples in flight
     * @param evaluationSlots how many of them evaluations may have
     * @param prefetch claimed groups with no sample started
     * @param unpublishedMax groups generated and not yet receipted
     */
    record Limits(int slots, int evaluationSlots, int prefetch, int unpublishedMax) {}

    public Dispatcher<GroupRun> dispatcher() {
        return dispatcher;
    }

    /** A group was claimed; it already stands in the in-flight table. */
    public void accept(GroupRun group) {
        dispatcher.preparing(group.lane());
        deadlines.watch(group, () -> execute("deadline", group, () -> endEarly(group, expired(group))));
        if (group.task().partial() == null && !sampler.tokenizes(group.task())) {
            offer(group);
            return;
        }
        execute("preparation", group, () -> prepare(group));
    }

    private void offer(GroupRun group) {
        dispatcher.offer(group, group.task().samples(), group.lane());
        if (group.earlyEnd() != null) {
            // It may have ended before it could be withdrawn, and would wait for slots only to do nothing in them.
            withdraw(group);
        }
    }

    private static EarlyEnd expired(GroupRun group) {
        return new EarlyEnd.Failed(
                "deadline",
                "not finished " + group.task().timeLimitMs() + " ms after its claim (--task-deadline of the producer)");
    }

    /** Reads what another worker has generated of it, and tokenizes the prompt, while the group waits for slots anyway. */
    private void prepare(GroupRun group) {
        try {
            if (group.prepare()) {
                restore(group);
                if (group.promptIds() == null && sampler.tokenizes(group.task())) {
                    group.tokenized(sampler.tokenize(group));
                }
            }
        } catch (EngineException e) {
            endEarly(group, failed(e));
        } catch (InterruptedException e) {
            if (group.earlyEnd() == null) {
                // The process ends; the ledger gives the group to somebody else.
                dispatcher.unprepared(group.lane());
                return;
            }
        }
        if (group.prepared()) {
            dispatcher.generated();
            dispatcher.unprepared(group.lane());
            close(group);
        } else {
            offer(group);
        }
    }

    private void restore(GroupRun group) throws InterruptedException {
        PartialRef ref = group.task().partial();
        if (ref == null) {
            return;
        }
        try {
            group.restore(partials.read(ref, group.task().groupIndex()));
            registry.counter("millrace.worker.partials", "fate", "continued").increment();
            registry.counter("millrace.worker.partial.tokens", "fate", "continued")
                    .increment((double) ref.responseTokens());
        } catch (BadRecordException | IllegalArgumentException e) {
            group.notRestored();
            registry.counter("millrace.worker.partials", "fate", "lost").increment();
            log.warn(
                    "group {} begins anew, its {} tokens at {} are lost: {}",
                    group.task().groupIndex(),
                    ref.responseTokens(),
                    ref.offsets(),
                    e.getMessage());
        }
    }

    private static EarlyEnd failed(EngineException e) {
        return new EarlyEnd.Failed(e.kind().word(), String.valueOf(e.getMessage()));
    }

    @Override
    public void start(GroupRun group, int sample) {
        execute("sample " + sample, group, () -> run(group, sample));
    }

    /** On a virtual thread of its own; what it does not expect ends the process. */
    private void execute(String what, GroupRun group, Runnable work) {
        try {
            threads.execute(() -> {
                try {
                    work.run();
                } catch (RuntimeException | Error e) {
                    fatal.report(what + " of group " + group.task().groupIndex(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            // Only after close: the process is ending, the ledger gives the group to somebody else.
            log.debug("group {} not continued: closed", group.task().groupIndex());
        }
    }

    private void run(GroupRun group, int sample) {
        if (!group.isMade(sample) && group.begin(sample)) {
            runSample(group, sample);
        } else {
            freeSlot(group);
        }
        if (group.end(sample)) {
            close(group);
        }
    }

    private void runSample(GroupRun group, int sample) {
        long startNanos = identity.ticker().nanos();
        Sampler.Drawn drawn;
        try {
            drawn = sampler.draw(group, sample);
        } catch (EngineException e) {
            endEarly(group, failed(e));
            return;
        } catch (InterruptedException e) {
            group.cutOff();
            return;
        } finally {
            group.soFar(sample).took((identity.ticker().nanos() - startNanos) / 1e9);
            freeSlot(group);
        }
        long drawnNanos = identity.ticker().nanos();
        generation.record(java.time.Duration.ofNanos(drawnNanos - startNanos));
        try {
            score(group, sample, drawn, drawnNanos);
        } catch (InterruptedException e) {
            group.cutOff();
        }
    }

    private void score(GroupRun group, int sample, Sampler.Drawn drawn, long drawnNanos) throws InterruptedException {
        TrainingTask task = group.task();
        RewardRequest request =
                new RewardRequest(task.prompt(), drawn.generation().text(), task.label(), task.metadata());
        switch (scorer.score(request)) {
            case ScoreResult.Scored scored -> {
                double generationSeconds = group.soFar(sample).seconds();
                double scoringSeconds = (identity.ticker().nanos() - drawnNanos) / 1e9;
                group.made(sample, made(task, sample, drawn, scored.reward(), generationSeconds, scoringSeconds));
                samplesFinished.increment();
                responseTokens.add(drawn.generation().tokens().length);
            }
            case ScoreResult.Failed why ->
                endEarly(group, new EarlyEnd.Failed(why.kind().word(), why.message()));
            case ScoreResult.TimedOut why -> endEarly(group, new EarlyEnd.Failed("reward-timeout", why.toString()));
        }
    }

    private static SampleMade made(
            TrainingTask task,
            int sample,
            Sampler.Drawn drawn,
            Reward reward,
            double generationSeconds,
            double scoringSeconds) {
        Generation generation = drawn.generation();
        int[] promptIds = drawn.promptIds();
        WeightVersions versions = drawn.versions();
        SampleHeader header = new SampleHeader(
                task.groupIndex().sampleIndex(sample, task.samples()),
                promptIds.length,
                generation.tokens().length,
                generation.text(),
                reward,
                generation.finish() == Generation.Finish.LENGTH ? SampleStatus.TRUNCATED : SampleStatus.COMPLETED,
                generation.finish().name().toLowerCase(java.util.Locale.ROOT),
                versions.spans(),
                versions.provenance(),
                versions.words(),
                UUID.randomUUID().toString(),
                drawn.engine(),
                generationSeconds,
                scoringSeconds,
                generation.cachedTokens(),
                generation.spec());
        int[] tokens = Arrays.copyOf(promptIds, promptIds.length + generation.tokens().length);
        System.arraycopy(generation.tokens(), 0, tokens, promptIds.length, generation.tokens().length);
        return new SampleMade(header, tokens, generation.logProbs());
    }

    /**
     * Ends an attempt before its samples are made, from any thread: those under way are interrupted, those that wait for
     * a slot never start. Whoever is last closes the group: the last sample that runs, the preparation, or this call
     * when none of them does.
     */
    private void endEarly(GroupRun group, EarlyEnd why) {
        if (!group.endEarly(why)) {
            return;
        }
        log.warn(
                "group {} attempt {} ends early: {}",
                group.task().groupIndex(),
                group.task().attempt(),
                why);
        withdraw(group);
    }

    private void withdraw(GroupRun group) {
        int never = dispatcher.withdraw(group, group::generated);
        if (group.skip(never)) {
            close(group);
        }
    }

    /**
     * Gives every group back whose samples are not all made; a group whose result is on its way goes on. Starts nothing
     * more: the slots of one group given back are not for the next.
     *
     * @param reason for the receipt
     * @param keeps whether with what has been generated: requests under way are aborted, for what they have
     * @param limit of waiting for those
     * @return whether every group is given back within the limit; those that are not have lost what their requests had
     */
    public boolean handBack(String reason, boolean keeps, Duration limit) throws InterruptedException {
        long beganNanos = identity.ticker().nanos();
        dispatcher.stopStarting();
        List<GroupRun> groups = table.runs();
        for (GroupRun group : groups) {
            endEarly(group, new EarlyEnd.HandedBack(reason, keeps && group.promptIds() != null));
        }
        boolean idle;
        do {
            // Again and again: an engine forgets what it hears of a request that it has not got yet.
            sampler.abortAll();
            idle = dispatcher.awaitIdle(ABORT_PERIOD);
        } while (!idle && identity.ticker().nanos() - beganNanos < limit.toNanos());
        groups.forEach(GroupRun::interruptRunning);
        return idle;
    }

    private void freeSlot(GroupRun group) {
        if (group.generated(1)) {
            dispatcher.generated();
        }
        dispatcher.release(group.lane());
    }

    /** Every sample is through: publish, then let go. */
    private void close(GroupRun group) {
        deadlines.forget(group);
        ResultPublisher.Closed closed = new ResultPublisher.Closed(
                group.task(), group.lane(), (identity.ticker().nanos() - group.claimedNanos()) / 1_000_000);
        Runnable done = () -> {
            table.leave(group);
            dispatcher.published();
        };
        switch (group.earlyEnd()) {
            case null -> publisher.publish(closed, group(group, group.samples()), done);
            case EarlyEnd.Failed failed -> {
                registry.counter("millrace.worker.attempts.failed", "kind", failed.kind())
                        .increment();
                publisher.publishFailure(closed, failed.kind(), failed.message(), done);
            }
            case EarlyEnd.HandedBack back -> {
                registry.counter("millrace.worker.attempts.handed.back").increment();
                handBack(group, closed, back, done);
            }
        }
    }

    /** With what is new, else with where it was. */
    private void handBack(GroupRun group, ResultPublisher.Closed closed, EarlyEnd.HandedBack back, Runnable done) {
        PartialGroups.Samples samples = group.asTheyAre();
        PartialRef before = group.partial();
        long tokens = samples.responseTokens();
        int[] promptIds = group.promptIds();
        if (!back.keeps() || promptIds == null || tokens <= (before == null ? 0 : before.responseTokens())) {
            publisher.publishHandBack(closed, back.reason(), before, done);
            return;
        }
        registry.counter("millrace.worker.partials", "fate", "given-back").increment();
        registry.counter("millrace.worker.partial.tokens", "fate", "given-back").increment((double) tokens);
        publisher.publishPartial(closed, back.reason(), group(group, samples.asSamples(group.task(), promptIds)), done);
    }

    private RolloutGroup group(GroupRun group, List<SampleMade> samples) {
        TrainingTask task = group.task();
        RewardStats rewards = Rewards.statistics(
                samples.stream().map(sample -> sample.header().reward()).toList());
        GroupHeader header = new GroupHeader(
                identity.run(),
                task.groupIndex(),
                task.attempt(),
                task.lineage(),
                task.issueVersion(),
                identity.worker(),
                task.issuedAtMs(),
                group.claimedAtMs(),
                identity.clock().millis(),
                task.prompt(),
                task.label(),
                task.metadata(),
                rewards,
                samples.stream().map(SampleMade::header).toList());
        int tokenCount =
                samples.stream().mapToInt(sample -> sample.tokens().length).sum();
        int responseCount =
                samples.stream().mapToInt(sample -> sample.logProbs().length).sum();
        int[] tokens = new int[tokenCount];
        float[] logProbs = new float[responseCount];
        byte[] lossMask = new byte[responseCount];
        Arrays.fill(lossMask, (byte) 1);
        int tokenAt = 0;
        int logProbAt = 0;
        for (SampleMade sample : samples) {
            System.arraycopy(sample.tokens(), 0, tokens, tokenAt, sample.tokens().length);
            System.arraycopy(sample.logProbs(), 0, logProbs, logProbAt, sample.logProbs().length);
            tokenAt += sample.tokens().length;
            logProbAt += sample.logProbs().length;
        }
        return new RolloutGroup(header, tokens, logProbs, lossMask, Map.of());
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
        deadlines.close();
        threads.shutdownNow();
    }
}
