package io.millrace.trainer.queue;

import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.time.Ticker;
import io.millrace.common.wire.PackedGroup;
import io.millrace.trainer.ask.AckAnswer;
import io.millrace.trainer.ask.LeaseAnswer;
import io.millrace.trainer.ask.PolicyAnswer;
import io.millrace.trainer.ask.Request;
import io.millrace.trainer.ask.ResumeAnswer;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.ask.TrainerStatus;
import io.millrace.trainer.batch.BatchReadException;
import io.millrace.trainer.batch.BatchReader;
import io.millrace.trainer.batch.BatchShare;
import io.millrace.trainer.batch.BatchSource;
import io.millrace.trainer.batch.LeasedBatch;
import io.millrace.trainer.evaluate.Evaluations;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.loop.TrainerLoop;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.session.TrainerMetrics;
import io.millrace.trainer.steps.ResumeMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A run's finished groups as a trainer sees them: one step after the other, each a batch of whole groups in ascending
 * order. The trainer's loop is
 *
 * <pre>{@code
 * Lineage lineage = queue.status().lineage(); // once, when the trainer begins
 * Optional<LeasedBatch> batch = queue.lease(lineage, Duration.ofMinutes(1)); // empty: not yet, ask again
 * train(batch);
 * queue.acknowledge(batch.lease(), newVersionOrNull);
 * }</pre>
 *
 * A leased step gives the same batch and the same {@link LeaseToken} until it is acknowledged, whatever process or trainer
 * dies in between, so every call may be repeated. Who names another lease, or another lineage than the run is in, is
 * refused: that trainer was replaced. At most one step is leased at a time. Made by {@code TrainerWiring.open}; thread-safe. Every
 * method throws {@link RolloutQueueException} for what its kinds say.
 */
public final class RolloutQueue implements AutoCloseable {
    /** Ends the queue and what belongs to it. */
    @FunctionalInterface
    public interface Closer {
        void close() throws StopSequence.StopFailedException;
    }

    /** How long a call that needs no groups waits for a broker that does not answer. */
    private static final Duration SHORT_WAIT = Duration.ofSeconds(5);
    /** Between two looks whether a broker answers. */
    private static final long LOOK_MS = 100;

    private final RunId run;
    private final TrainerLoop loop;
    private final BatchReader reader;
    private final Evaluations evaluations;
    private final TrainerMetrics metrics;
    private final Ticker ticker;
    private final StepLengths lengths = new StepLengths();
    private final Duration answerLimit;
    private final Closer closer;

    /**
     * @param answerLimit how long the loop may take to answer, beyond the wait that a caller asked for
     */
    public RolloutQueue(
            RunId run,
            TrainerLoop loop,
            BatchReader reader,
            Evaluations evaluations,
            TrainerMetrics metrics,
            Ticker ticker,
            Duration answerLimit,
            Closer closer) {
        this.run = run;
        this.loop = loop;
        this.reader = reader;
        this.evaluations = evaluations;
        this.metrics = metrics;
        this.ticker = ticker;
        this.answerLimit = answerLimit;
        this.closer = closer;
    }

    /**
     * Waits until the run was taken for the first time.
     *
     * @throws RolloutQueueException when it was not within the limit, or cannot be
     */
    public void awaitOpened(Duration limit) throws InterruptedException {
        try {
            loop.opened().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.ENDED, "run " + run + " could not be taken; see the log", e);
        } catch (TimeoutException e) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.UNAVAILABLE, "run " + run + " was not taken within " + limit, e);
        }
    }

    /**
     * Asks for an evaluation of the weights, while the run trains; durable when this returns, idempotent.
     *
     * @param evalId of its own, 1 to 64 letters, digits, '_', '.' or '-'
     * @param lineage the one that the trainer is in; null from who only watches
     * @param version begins when the trainer is at what it calls so, or newer; null for the present one; a word of the
     *     lineage, so only with it
     * @param timeLimit after which it is reported with what there is; null for {@code --eval-time-limit}
     * @throws io.millrace.trainer.evaluate.EvaluationRefusedException for what its kinds say
     * @throws IllegalArgumentException when a value is out of its range
     */
    public EvaluationStatus evaluate(
            String evalId,
            List<EvalDataSet> dataSets,
            @Nullable Lineage lineage,
            @Nullable WeightVersion version,
            @Nullable Duration timeLimit)
            throws InterruptedException {
        Policy policy = policy().policy();
        if (version != null && lineage == null) {
            throw new IllegalArgumentException("a weight version is a word of a lineage, which must be given with it");
        }
        evaluations.check(lineage, policy);
        WeightVersion number = version == null
                ? null
                : new WeightVersion(Math.max(0, version.value() + policy.words().offset()));
        return evaluations.request(policy, evalId, dataSets, number, timeLimit);
    }

    /**
     * Ends an evaluation without a report; durable when this returns, idempotent. One that has ended stays as it is.
     *
     * @return how it has ended; empty when there is none of this id
     * @throws io.millrace.trainer.evaluate.EvaluationRefusedException of kind UNAVAILABLE
     */
    public Optional<EvaluationStatus> cancelEvaluation(String evalId) throws InterruptedException {
        return evaluations.cancel(evalId);
    }

    /** Evaluations of the run. */
    public Evaluations evaluations() {
        return evaluations;
    }

    /** The run it serves. */
    public RunId run() {
        return run;
    }

    /**
     * Leases the step that is due and reads its groups; the open step when one is leased.
     *
     * @param lineage the one that the trainer is in
     * @param wait how long to wait for its groups to finish; zero asks and returns
     * @return empty when they have not finished by then; {@link #status} says what is missing
     * @throws RolloutQueueException of kind REFUSED when the run is in another lineage: the trainer was replaced
     */
    public Optional<LeasedBatch> lease(Lineage lineage, Duration wait) throws InterruptedException {
        return switch (lease(null, lineage, wait)) {
            case LeaseAnswer.Leased leased -> {
                try {
                    yield Optional.of(batch(leased.lease().token()));
                } catch (RolloutQueueException e) {
                    if (e.kind() != RolloutQueueException.Kind.LEASED_ANEW) {
                        throw e;
                    }
                    // Its groups are generated again; who asks again gets others.
                    yield Optional.empty();
                }
            }
            case LeaseAnswer.NotYet notYet -> Optional.empty();
        };
    }

    /**
     * Leases a step without reading its groups; idempotent.
     *
     * @param step null for the one that is due
     * @param lineage the one that the trainer is in, as it read it when it began: {@link #status} or the answer to its
     *     {@link #resume}
     * @param wait as above
     * @throws RolloutQueueException of kind REFUSED when another step is due, the run is in another lineage, or no
     *     further step can be filled; the text says what to do
     */
    public LeaseAnswer lease(@Nullable StepNumber step, Lineage lineage, Duration wait) throws InterruptedException {
        return ask(answer -> new Request.Lease(step, lineage, ticker.nanos() + wait.toNanos(), answer), wait);
    }

    /**
     * Reads the groups of the leased step.
     *
     * @throws RolloutQueueException of kind REFUSED when another lease is open, or none
     */
    public LeasedBatch batch(LeaseToken lease) throws InterruptedException {
        return batch(lease, BatchShare.WHOLE);
    }

    /**
     * Reads one rank's groups of the leased step; the first rank's reading finds out how long all of them are, those of
     * other ranks are not read again.
     *
     * @throws IllegalArgumentException when the step has fewer groups than there are ranks
     * @throws RolloutQueueException of kind REFUSED when another lease is open, or none
     */
    public LeasedBatch batch(LeaseToken lease, BatchShare share) throws InterruptedException {
        BatchSource source = ask(answer -> new Request.Batch(lease, answer), SHORT_WAIT);
        long begunNanos = ticker.nanos();
        List<ManifestEntry> entries = source.lease().groups();
        long[] tokens = share.isWhole() ? null : lengths.of(lease);
        List<PackedGroup> groups;
        if (tokens != null) {
            groups = groups(source, share.of(tokens).stream().map(entries::get).toList());
        } else {
            // Refused before the work, whatever the lengths are.
            share.of(new long[entries.size()]);
            List<PackedGroup> all = groups(source, entries);
            metrics.masked(source.lease(), LeasedBatch.of(source.lease(), all).maskedTokens());
            groups = share.of(lengths.put(lease, all)).stream().map(all::get).toList();
        }
        LeasedBatch batch = LeasedBatch.of(source.lease(), groups, share);
        metrics.batchRead(Duration.ofNanos(ticker.nanos() - begunNanos));
        return batch;
    }

    private List<PackedGroup> groups(BatchSource source, List<ManifestEntry> entries) throws InterruptedException {
        try {
            return reader.read(new BatchSource(source.lease().of(entries), source.contents()));
        } catch (BatchReadException e) {
            String why = String.valueOf(e.getMessage());
            return switch (e.reason()) {
                case BUSY -> throw new RolloutQueueException(RolloutQueueException.Kind.BUSY, why, e);
                case AWAY -> throw new RolloutQueueException(RolloutQueueException.Kind.UNAVAILABLE, why, e);
                case STOPPED -> throw new RolloutQueueException(RolloutQueueException.Kind.ENDED, why, e);
                case GONE -> ask(answer -> new Request.Unreadable(source.lease(), e.gone(), answer), SHORT_WAIT);
            };
        }
    }

    /**
     * Says that a step was trained: its groups are settled durably when this returns. Idempotent.
     *
     * @param lease as it was given with the step
     * @param newVersion what the trainer calls the weight version that the step led to, larger than any before; null when the weights that generate
     *     stay as they are
     * @throws RolloutQueueException of kind REFUSED when another lease is open or the version is not newer
     */
    public AckAnswer acknowledge(LeaseToken lease, @Nullable WeightVersion newVersion) throws InterruptedException {
        return acknowledge(lease, newVersion, null);
    }

    /**
     * Same, and names the newest durable checkpoint: the steps after it stay replayable, those before it may be deleted.
     *
     * @param checkpointStep the step at which it resumes, at most the one after the leased step; null when nothing is known
     */
    public AckAnswer acknowledge(
            LeaseToken lease, @Nullable WeightVersion newVersion, @Nullable StepNumber checkpointStep)
            throws InterruptedException {
        return ask(answer -> new Request.Acknowledge(lease, newVersion, checkpointStep, answer), SHORT_WAIT);
    }

    /**
     * Goes back to an older checkpoint: opens a lineage whose next step is {@code step}. A leased step is void; groups
     * that were finished or are generated with weights after that checkpoint are discarded.
     *
     * @param lineage the one this opens, which makes the call idempotent
     * @param word what the trainer calls the weights of the checkpoint, as one does that was begun in another run; null
     *     where they are called what they were when the step was trained, or the trainer's ready says it
     * @throws RolloutQueueException of kind REFUSED; the text says what is possible
     */
    public ResumeAnswer resume(StepNumber step, ResumeMode mode, Lineage lineage, @Nullable WeightVersion word)
            throws InterruptedException {
        return ask(answer -> new Request.Resume(step, mode, lineage, word, answer), SHORT_WAIT);
    }

    /**
     * Says what the weights are at: updating or paused while engines serve none, ready when every engine serves the
     * version. Durable when this returns; idempotent.
     *
     * @throws RolloutQueueException of kind REFUSED when the version does not rise, or the run is in another lineage
     */
    public PolicyAnswer announce(Announcement announcement) throws InterruptedException {
        return ask(answer -> new Request.Weights(announcement, answer), SHORT_WAIT);
    }

    /** What the weights are at. */
    public PolicyAnswer policy() throws InterruptedException {
        return ask(answer -> new Request.Weights(null, answer), SHORT_WAIT);
    }

    public TrainerStatus status() throws InterruptedException {
        return ask(answer -> new Request.Status(answer), SHORT_WAIT);
    }

    /**
     * @param wait how long the caller waits for what it asked, or for a broker that does not answer
     */
    private <T> T ask(Function<CompletableFuture<T>, Request> request, Duration wait) throws InterruptedException {
        CompletableFuture<T> answer = new CompletableFuture<>();
        loop.submit(request.apply(answer));
        long begunNanos = ticker.nanos();
        long limitMs = wait.plus(answerLimit).toMillis();
        while (true) {
            try {
                return answer.get(LOOK_MS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RolloutQueueException known) {
                    throw new RolloutQueueException(known);
                }
                throw new IllegalStateException("the trainer loop failed on a request", e.getCause());
            } catch (TimeoutException e) {
                long waitedMs = (ticker.nanos() - begunNanos) / 1_000_000;
                String unavailable = loop.unavailable();
                if (unavailable != null && waitedMs >= wait.toMillis()) {
                    throw givenUp(
                            answer, RolloutQueueException.Kind.UNAVAILABLE, "the queue waits for " + unavailable, e);
                }
                if (waitedMs >= limitMs) {
                    throw givenUp(
                            answer,
                            RolloutQueueException.Kind.BUSY,
                            "no answer within " + limitMs + " ms, the broker may be slow",
                            e);
                }
            }
        }
    }

    /** The loop passes over what nobody waits for. */
    private static RolloutQueueException givenUp(
            CompletableFuture<?> answer, RolloutQueueException.Kind kind, String why, TimeoutException cause) {
        RolloutQueueException givenUp = new RolloutQueueException(kind, why + "; the call may be repeated", cause);
        answer.completeExceptionally(givenUp);
        return givenUp;
    }

    /**
     * Stops; a leased step stays leased and is served by the next queue opened.
     *
     * @throws StopSequence.StopFailedException when something did not end within the stop timeout
     */
    @Override
    public void close() throws StopSequence.StopFailedException {
        closer.close();
    }
}
