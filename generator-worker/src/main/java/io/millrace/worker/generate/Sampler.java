package io.millrace.worker.generate;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.id.RunId;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.Sample;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Media;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.retry.RetryPolicy;
import io.millrace.worker.retry.RetryPolicy.Tries;
import io.millrace.worker.weights.OnWeightUpdate;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Generates one sample: asks engines, again where {@link RetryPolicy} says so, and continues what is aborted; an engine
 * that is away is waited for while the attempt has time.
 * Thread-safe.
 */
public final class Sampler {
    /**
     * @param requestLimit of one whole exchange with an engine; also how long an engine that is away is waited for,
     *     where the task sets no limit
     * @param onWeightUpdate what becomes of aborted samples
     * @param tokenize whether text prompts are tokenized by the engine first, so that prompt ids are known
     */
    public record Rules(Duration requestLimit, OnWeightUpdate onWeightUpdate, boolean tokenize) {}

    /** A wait of the calling virtual thread, and of nobody else. */
    @FunctionalInterface
    public interface Pause {
        void sleep(Duration pause) throws InterruptedException;
    }

    private final EnginePool engines;
    private final WeightsGate gate;
    private final RunId run;
    private final Rules rules;
    private final RetryPolicy retry;
    private final Ticker ticker;
    private final Pause pauses;
    private final MeterRegistry registry;
    private volatile boolean closed;

    public Sampler(
            EnginePool engines,
            WeightsGate gate,
            RunId run,
            Rules rules,
            RetryPolicy retry,
            Ticker ticker,
            Pause pauses,
            MeterRegistry registry) {
        this.engines = engines;
        this.gate = gate;
        this.run = run;
        this.rules = rules;
        this.retry = retry;
        this.ticker = ticker;
        this.pauses = pauses;
        this.registry = registry;
    }

    /**
     * A sample, or a turn of one, that is to be drawn.
     *
     * @param index of the sample in its group
     * @param promptIds what stands before it; null when that goes to the engine as text
     * @param params of the whole of it
     * @param turn whether its attempt may end without it: it is not asked what there is of it
     */
    private record Drawing(
            HeldAttempt attempt,
            int index,
            Sample sample,
            int @Nullable [] promptIds,
            SamplingParams params,
            RequestIds ids,
            boolean turn) {
        TrainingTask task() {
            return attempt.task();
        }
    }

    /**
     * Draws a sample until it is through; blocks the calling virtual thread. What an engine aborts is continued behind the
     * tokens it has, or drawn anew; that is no failure, and goes on while the attempt has time.
     *
     * @throws EngineException the last try's failure
     */
    void draw(HeldAttempt attempt, int index) throws EngineException, InterruptedException {
        draw(new Drawing(
                attempt,
                index,
                attempt.get(state -> state.sample(index)),
                attempt.promptIds(),
                attempt.task().samplingParams().ofSample(index),
                ids(attempt, index),
                false));
    }

    /**
     * The same for one turn of a sample, of which nothing is kept when its attempt ends.
     *
     * @param turn not begun
     * @param context what it is drawn behind
     * @param params of the turn
     */
    void drawTurn(HeldAttempt attempt, int index, RequestIds ids, Sample turn, int[] context, SamplingParams params)
            throws EngineException, InterruptedException {
        draw(new Drawing(attempt, index, turn, context, params, ids, true));
    }

    private void draw(Drawing drawing) throws EngineException, InterruptedException {
        HeldAttempt attempt = drawing.attempt();
        Sample sample = drawing.sample();
        if (sample.isThrough()) {
            return;
        }
        long startNanos = ticker.nanos();
        int barren = 0;
        gate.awaitReady();
        while (true) {
            EnginePool.Answer answer =
                    tried(attempt, failed -> ask(drawing, drawing.ids().next(), failed));
            Generation piece = answer.generation();
            Double sinceToken = piece.sinceFirstTokenSeconds();
            if (sinceToken != null) {
                long tokenNanos = ticker.nanos() - (long) (sinceToken * 1e9);
                attempt.update(state -> state.times().token(drawing.index(), tokenNanos));
            }
            if (piece.finish() != Finish.ABORT || keeps(drawing)) {
                sample.add(piece, answer.address(), answer.versionBefore(), engines.versions());
            }
            if (sample.isThrough()) {
                return;
            }
            aborted(drawing, piece);
            attempt.checkGoesOn();
            if (!timeLeft(attempt, startNanos).isPositive()) {
                throw new EngineException(
                        Kind.ABORTED, answer.address() + " aborted the sample and its attempt has no time left");
            }
            barren = piece.tokens().length == 0 ? barren + 1 : 0;
            if (barren > 0) {
                // An engine that aborts before it has made a token is busy: it is asked less and less often.
                pauses.sleep(retry.pause(barren));
            }
            hold();
        }
    }

    /** A sample that has begun waits for new weights, unless it is to be finished without them. */
    private void hold() throws InterruptedException {
        if (rules.onWeightUpdate() == OnWeightUpdate.FINISH) {
            gate.awaitResumed();
        } else {
            gate.awaitReady();
        }
    }

    /** Text whose ids are unknown cannot be continued behind. */
    private boolean keeps(Drawing drawing) {
        return drawing.promptIds() != null
                && (rules.onWeightUpdate() != OnWeightUpdate.RESTART
                        || drawing.attempt().get(AttemptState::isGivenBack));
    }

    private void aborted(Drawing drawing, Generation piece) {
        WorkerMetric.ABORTED_REQUESTS.counter(registry).increment();
        WorkerMetric.ABORTED_TOKENS
                .counter(registry, keeps(drawing) ? "kept" : "dropped")
                .increment(piece.tokens().length);
    }

    /** For the requests of one sample, or of all turns of one. */
    RequestIds ids(HeldAttempt attempt, int index) {
        return new RequestIds(attempt, index);
    }

    /** Never the same twice: an engine refuses a request id it still holds. Thread-safe. */
    final class RequestIds {
        private final String prefix;
        private final AtomicInteger count = new AtomicInteger();

        private RequestIds(HeldAttempt attempt, int index) {
            TrainingTask task = attempt.task();
            this.prefix = run + (attempt.lane().kind() == GroupKind.EVALUATION ? ".e" : ".g") + task.groupIndex() + ".a"
                    + task.attempt() + ".s" + index + ".t";
        }

        String next() {
            return prefix + count.incrementAndGet();
        }
    }

    /** One answer of an engine, aborted or not. */
    private EnginePool.Answer ask(Drawing drawing, String rid, Set<String> failed)
            throws EngineException, InterruptedException {
        HeldAttempt attempt = drawing.attempt();
        TrainingTask task = drawing.task();
        Sample sample = drawing.sample();
        int[] promptIds = drawing.promptIds();
        GenerateRequest request = new GenerateRequest(
                rid,
                sample.session(),
                promptIds == null ? null : sample.prefix(promptIds),
                promptIds == null ? task.prompt().asText() : null,
                drawing.params(),
                sample.length(),
                sample.tensorRows(),
                drawing.turn() ? null : task.prompt(),
                drawing.turn() ? Media.NONE : Media.of(task.metadata()),
                attempt.lane().compareTo(Lane.TRAINING));
        EnginePool.Answer answer;
        if (drawing.turn()) {
            attempt.checkGoesOn();
            answer = engines.generate(request, task.issueVersion(), rules.requestLimit(), failed);
        } else {
            // What is given back asks for nothing more: its samples go on elsewhere from where they are.
            attempt.ask(drawing.index());
            try {
                answer = engines.generate(request, task.issueVersion(), rules.requestLimit(), failed);
            } finally {
                attempt.update(state -> state.answered(drawing.index()));
            }
        }
        int length = answer.generation().tokens().length;
        if (answer.generation().finish() != Finish.ABORT
                && sample.length() + length == 0
                && !answer.generation().textOnly()) {
            throw new EngineException(Kind.MALFORMED, answer.address() + " answered " + rid + " without a token");
        }
        if (length > request.maxNewTokens()) {
            throw new EngineException(
                    Kind.MALFORMED,
                    answer.address() + " answered " + rid + " with " + length + " tokens, more than max_new_tokens");
        }
        String flaw = keeps(drawing) || answer.generation().finish() != Finish.ABORT
                ? sample.tensorFlaw(answer.generation(), drawing.params().answerTensors())
                : null;
        if (flaw != null) {
            throw new EngineException(Kind.MALFORMED, answer.address() + " answered " + rid + " and " + flaw);
        }
        return answer;
    }

    /** Ends what is under way at the engines; the answers have what was generated so far. */
    void abortAll() throws InterruptedException {
        engines.abortAll();
    }

    /** Whether the prompt has yet to be tokenized by an engine before its samples may start. */
    boolean tokenizes(TrainingTask task) {
        // An engine puts the tokens of images where their marks stand in the text.
        return rules.tokenize()
                && task.prompt().ids() == null
                && Media.of(task.metadata()).isEmpty();
    }

    /**
     * The engine's token ids of a text prompt; blocks the calling virtual thread. Done once for a group and before it
     * gets slots, so that no slot waits for it.
     */
    int[] tokenize(HeldAttempt attempt) throws EngineException, InterruptedException {
        return tried(
                attempt, failed -> engines.tokenize(attempt.task().prompt().asText(), rules.requestLimit(), failed));
    }

    /** The engine's token ids of any text; blocks the calling virtual thread. */
    int[] tokenize(HeldAttempt attempt, String text) throws EngineException, InterruptedException {
        return tried(attempt, failed -> {
            attempt.checkGoesOn();
            return engines.tokenize(text, rules.requestLimit(), failed);
        });
    }

    /** The engine's token ids of a chat under its template; blocks the calling virtual thread. */
    int[] render(HeldAttempt attempt, ObjectNode chat) throws EngineException, InterruptedException {
        return tried(attempt, failed -> {
            attempt.checkGoesOn();
            return engines.render(chat, rules.requestLimit(), failed);
        });
    }

    private interface Call<T> {
        /** @param failed addresses that failed earlier tries */
        T once(Set<String> failed) throws EngineException, InterruptedException;
    }

    private <T> T tried(HeldAttempt attempt, Call<T> call) throws EngineException, InterruptedException {
        Set<String> failed = new HashSet<>();
        Tries tries = Tries.NONE;
        long startNanos = ticker.nanos();
        while (true) {
            try {
                return call.once(failed);
            } catch (EngineException e) {
                WorkerMetric.ENGINE_FAILURES.counter(registry, e.kind().word()).increment();
                tries = tries.and(e);
                Optional<Duration> pause = retry.decide(e, tries, timeLeft(attempt, startNanos));
                if (pause.isEmpty()) {
                    throw e;
                }
                pauses.sleep(pause.get());
            }
        }
    }

    private Duration timeLeft(HeldAttempt attempt, long startNanos) {
        long deadlineNanos = attempt.get(AttemptState::deadlineNanos);
        long endNanos = deadlineNanos == Long.MAX_VALUE
                ? startNanos + rules.requestLimit().toNanos()
                : deadlineNanos;
        return Duration.ofNanos(endNanos - ticker.nanos());
    }

    /** The process ends: whoever is interrupted from now on may be so for that. */
    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }
}
