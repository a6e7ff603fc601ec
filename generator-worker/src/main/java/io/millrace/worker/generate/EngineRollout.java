package io.millrace.worker.generate;

import io.millrace.common.record.GroupKind;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.Sample;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.generator.Rollout;
import io.millrace.worker.inflight.HeldAttempt;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.node.ObjectNode;

/**
 * A rollout of a held attempt. Any thread may ask; one of them at a time is answered, so that the slot has one request at
 * the engines. Closing it interrupts those that ask or wait, and returns when none of them is at an engine any more.
 */
final class EngineRollout implements Rollout, AutoCloseable {
    private final HeldAttempt attempt;
    private final int position;
    private final Sampler sampler;
    private final Sampler.RequestIds ids;
    private final Ticker ticker;
    private final String session;
    /** The rollout's one slot. */
    private final Semaphore turn = new Semaphore(1, true);

    private final Set<Thread> asking = new HashSet<>();
    private boolean ended;

    EngineRollout(HeldAttempt attempt, int position, Sampler sampler, Ticker ticker) {
        this.attempt = attempt;
        this.position = position;
        this.sampler = sampler;
        this.ids = sampler.ids(attempt, position);
        this.ticker = ticker;
        this.session = attempt.get(state -> state.sample(position)).session();
    }

    @Override
    public TrainingTask task() {
        return attempt.task();
    }

    @Override
    public int position() {
        return position;
    }

    @Override
    public long index() {
        return attempt.get(state -> state.sampleIndex(position));
    }

    @Override
    public boolean evaluation() {
        return attempt.lane().kind() == GroupKind.EVALUATION;
    }

    @Override
    public String session() {
        return session;
    }

    @Override
    public SamplingParams samplingParams() {
        return task().samplingParams().ofSample(position);
    }

    @Override
    public Optional<Duration> timeLeft() {
        long deadlineNanos = attempt.get(AttemptState::deadlineNanos);
        return deadlineNanos == Long.MAX_VALUE
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(deadlineNanos - ticker.nanos()));
    }

    private interface Question<T> {
        T ask() throws EngineException, InterruptedException;
    }

    private <T> T asked(Question<T> question) throws EngineException, InterruptedException {
        begin();
        try {
            turn.acquire();
            try {
                return question.ask();
            } finally {
                turn.release();
            }
        } finally {
            end();
        }
    }

    private synchronized void begin() throws InterruptedException {
        if (ended) {
            throw new InterruptedException("the rollout has ended");
        }
        asking.add(Thread.currentThread());
    }

    private synchronized void end() {
        asking.remove(Thread.currentThread());
        if (ended) {
            // It was meant for the question.
            Thread.interrupted();
        }
        notifyAll();
    }

    @Override
    public int[] tokenize(String text) throws EngineException, InterruptedException {
        return asked(() -> sampler.tokenize(attempt, text));
    }

    @Override
    public int[] render(ObjectNode chat) throws EngineException, InterruptedException {
        return asked(() -> sampler.render(attempt, chat));
    }

    @Override
    public Turn generate(int[] context, SamplingParams params) throws EngineException, InterruptedException {
        if (context.length == 0) {
            throw new IllegalArgumentException("a turn is generated behind one token at least");
        }
        return asked(() -> {
            Sample drawn = new Sample(task(), params.maxNewTokens(), session);
            long startNanos = ticker.nanos();
            sampler.drawTurn(attempt, position, ids, drawn, context.clone(), params);
            drawn.took((ticker.nanos() - startNanos) / 1e9);
            return drawn.turn();
        });
    }

    @Override
    public void close() {
        boolean interrupted = false;
        synchronized (this) {
            ended = true;
            asking.forEach(Thread::interrupt);
            while (!asking.isEmpty()) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
