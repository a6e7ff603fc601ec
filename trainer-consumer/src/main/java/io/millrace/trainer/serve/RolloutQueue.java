package io.millrace.trainer.serve;

import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A run's finished groups as a trainer sees them: one step after the other, each a batch of whole groups in ascending
 * order. The trainer's loop is
 *
 * <pre>{@code
 * Optional<LeasedBatch> batch = queue.lease(Duration.ofMinutes(1)); // empty: not yet, ask again
 * train(batch);
 * queue.acknowledge(batch.step(), newVersionOrNull);
 * }</pre>
 *
 * A leased step gives the same batch until it is acknowledged, whatever process or trainer dies in between, so every
 * call may be repeated. At most one step is leased at a time. Made by {@code TrainerWiring.open}; thread-safe. Every
 * method throws {@link RolloutQueueException} for what its kinds say.
 */
public final class RolloutQueue implements AutoCloseable {
    /** Ends the queue and what belongs to it. */
    @FunctionalInterface
    public interface Closer {
        void close() throws StopSequence.StopFailedException;
    }

    private final RunId run;
    private final TrainerLoop loop;
    private final BatchReader reader;
    private final TrainerMetrics metrics;
    private final Ticker ticker;
    private final Duration answerLimit;
    private final Closer closer;

    /**
     * @param answerLimit how long the loop may take to answer, beyond the wait that a caller asked for
     */
    public RolloutQueue(
            RunId run,
            TrainerLoop loop,
            BatchReader reader,
            TrainerMetrics metrics,
            Ticker ticker,
            Duration answerLimit,
            Closer closer) {
        this.run = run;
        this.loop = loop;
        this.reader = reader;
        this.metrics = metrics;
        this.ticker = ticker;
        this.answerLimit = answerLimit;
        this.closer = closer;
    }

    /** The run it serves. */
    public RunId run() {
        return run;
    }

    /**
     * Leases the step that is due and reads its groups; the open step when one is leased.
     *
     * @param wait how long to wait for its groups to finish; zero asks and returns
     * @return empty when they have not finished by then; {@link #status} says what is missing
     */
    public Optional<LeasedBatch> lease(Duration wait) throws InterruptedException {
        return switch (lease(null, wait)) {
            case LeaseAnswer.Leased leased -> Optional.of(batch(leased.lease().step()));
            case LeaseAnswer.NotYet notYet -> Optional.empty();
            case LeaseAnswer.Refused refused ->
                throw new RolloutQueueException(RolloutQueueException.Kind.REFUSED, refused.why());
        };
    }

    /**
     * Leases a step without reading its groups; idempotent.
     *
     * @param step null for the one that is due
     * @param wait as above
     */
    public LeaseAnswer lease(@Nullable StepNumber step, Duration wait) throws InterruptedException {
        CompletableFuture<LeaseAnswer> answer = new CompletableFuture<>();
        return ask(new Request.Lease(step, ticker.nanos() + wait.toNanos(), answer), answer, wait.plus(answerLimit));
    }

    /** Reads the groups of the leased step. */
    public LeasedBatch batch(StepNumber step) throws InterruptedException {
        CompletableFuture<BatchSource> answer = new CompletableFuture<>();
        BatchSource source = ask(new Request.Batch(step, answer), answer, answerLimit);
        long begunNanos = ticker.nanos();
        LeasedBatch batch =
                new LeasedBatch(source.lease().lineage(), step, source.lease().weightVersion(), reader.read(source));
        metrics.batchRead(Duration.ofNanos(ticker.nanos() - begunNanos));
        return batch;
    }

    /**
     * Says that a step was trained: its groups are settled durably when this returns. Idempotent.
     *
     * @param newVersion the weight version the step led to, larger than any before; null when the weights that generate
     *     stay as they are
     * @throws RolloutQueueException of kind REFUSED when another step is leased or the version is not newer
     */
    public AckAnswer.Acknowledged acknowledge(StepNumber step, @Nullable WeightVersion newVersion)
            throws InterruptedException {
        return switch (tryAcknowledge(step, newVersion)) {
            case AckAnswer.Acknowledged done -> done;
            case AckAnswer.Refused refused ->
                throw new RolloutQueueException(RolloutQueueException.Kind.REFUSED, refused.why());
        };
    }

    /** Same, with the refusal as a value. */
    public AckAnswer tryAcknowledge(StepNumber step, @Nullable WeightVersion newVersion) throws InterruptedException {
        CompletableFuture<AckAnswer> answer = new CompletableFuture<>();
        return ask(new Request.Acknowledge(step, newVersion, answer), answer, answerLimit);
    }

    public TrainerStatus status() throws InterruptedException {
        CompletableFuture<TrainerStatus> answer = new CompletableFuture<>();
        return ask(new Request.Status(answer), answer, answerLimit);
    }

    private <T> T ask(Request request, CompletableFuture<T> answer, Duration limit) throws InterruptedException {
        loop.submit(request);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RolloutQueueException known) {
                throw new RolloutQueueException(known.kind(), String.valueOf(known.getMessage()), known);
            }
            throw new IllegalStateException("the trainer loop failed on a request", e.getCause());
        } catch (TimeoutException e) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.BUSY,
                    "no answer within " + limit.toMillis() + " ms, the broker may be slow; the call may be repeated",
                    e);
        }
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
