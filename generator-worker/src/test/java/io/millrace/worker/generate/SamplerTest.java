package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.Reward;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.topics.Lane;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.GroupAssembly;
import io.millrace.worker.attempt.Sample;
import io.millrace.worker.attempt.TestingTasks;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.engine.dialect.VersionWord;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.retry.RetryPolicy;
import io.millrace.worker.retry.RetrySettings;
import io.millrace.worker.weights.OnWeightUpdate;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which failures are repeated, and for how long. */
@Timeout(60)
class SamplerTest {
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(1);

    private final ManualTicker ticker = new ManualTicker();
    private final TestingEngine engine = new TestingEngine();

    private final WeightsGate gate = new WeightsGate(Duration.ofMinutes(10), ticker);

    private OnWeightUpdate onWeightUpdate = OnWeightUpdate.CONTINUE;

    /** Pauses so far; time goes on by them, and nobody waits. */
    private final List<Duration> pauses = new CopyOnWriteArrayList<>();

    private Sampler sampler(int attemptsMax) {
        return new Sampler(
                new EnginePool(
                        List.of("http://engine"), engine, VersionWord::number, ticker, Duration.ZERO, Duration.ZERO),
                gate,
                new RunId("r"),
                new Sampler.Rules(Duration.ofHours(1), onWeightUpdate, true),
                new RetryPolicy(new RetrySettings(Duration.ofHours(1), attemptsMax, PAUSE, PAUSE_MAX), () -> 0),
                ticker,
                pause -> {
                    pauses.add(pause);
                    ticker.advance(pause);
                },
                new SimpleMeterRegistry());
    }

    private HeldAttempt attempt(@Nullable Duration timeLimit) {
        return new HeldAttempt(new AttemptState(TestingTasks.task(5, 2, timeLimit), Lane.TRAINING, 0, ticker.nanos()));
    }

    /** The first sample as it was drawn. */
    private Sample draw(Sampler sampler, HeldAttempt attempt) throws Exception {
        sampler.draw(attempt, 0);
        return attempt.get(state -> state.sample(0));
    }

    private static String finish(HeldAttempt attempt) {
        attempt.update(state -> TestingTasks.score(state, 0, Reward.of(1), 0));
        GroupAssembly assembly = new GroupAssembly(new RunId("r"), WorkerIncarnation.start("w"));
        return attempt.get(state -> assembly.asItIs(state, 0))
                .header()
                .samples()
                .getFirst()
                .finishReason();
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"FAILED", "TIMED_OUT", "MALFORMED"})
    void whatTheEngineFailedCountsAgainstTheLimit(Kind kind) {
        for (int i = 0; i < 10; i++) {
            engine.thenFails(kind);
        }
        EngineException last =
                assertThrows(EngineException.class, () -> sampler(3).draw(attempt(Duration.ofHours(1)), 0));
        assertEquals(kind, last.kind());
        assertEquals(3, engine.rids().size());
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"UNREACHABLE", "OVERLOADED"})
    void anEngineThatIsAwayOrFullCostsNoTry(Kind kind) throws Exception {
        for (int i = 0; i < 20; i++) {
            engine.thenFails(kind);
        }
        sampler(1).draw(attempt(Duration.ofHours(1)), 0);
        assertEquals(21, new HashSet<>(engine.rids()).size(), "no request id twice");
    }

    @Test
    void anEngineThatIsAwayIsWaitedForNoLongerThanTheAttemptHasTime() {
        for (int i = 0; i < 5; i++) {
            engine.then(() -> {
                ticker.advance(Duration.ofMinutes(2));
                throw new EngineException(Kind.UNREACHABLE, "away");
            });
        }
        assertThrows(EngineException.class, () -> sampler(1).draw(attempt(Duration.ofMinutes(5)), 0));
        assertEquals(3, engine.rids().size());
    }

    @Test
    void withoutATimeLimitTheRequestLimitBoundsTheWait() {
        for (int i = 0; i < 5; i++) {
            engine.then(() -> {
                ticker.advance(Duration.ofMinutes(40));
                throw new EngineException(Kind.UNREACHABLE, "away");
            });
        }
        assertThrows(EngineException.class, () -> sampler(1).draw(attempt(null), 0));
        assertEquals(2, engine.rids().size());
    }

    @Test
    void aRefusedRequestIsNotRepeated() {
        engine.thenFails(Kind.REFUSED);
        assertThrows(EngineException.class, () -> sampler(6).draw(attempt(null), 0));
        assertEquals(1, engine.rids().size());
    }

    @Test
    void emptyAnswersAreRepeated() throws Exception {
        engine.then(() -> TestingEngine.answer(Generation.Finish.STOP, 0));
        assertEquals(2, draw(sampler(3), attempt(null)).length());
        assertEquals(List.of("r.g5.a1.s0.t1", "r.g5.a1.s0.t2"), engine.rids());
    }

    @Test
    void anAbortedSampleIsContinuedBehindItsTokens() throws Exception {
        for (int i = 0; i < 5; i++) {
            engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, 1));
        }
        HeldAttempt attempt = attempt(Duration.ofHours(1));
        attempt.update(state -> state.tokenized(new int[] {7, 8}));
        assertEquals(7, draw(sampler(1), attempt).length(), "five of one token, then two");
        assertEquals("stop", finish(attempt));
        assertArrayEquals(new int[] {7, 8, 0, 0, 0}, engine.requests().get(3).inputIds());
        int limit = attempt.task().samplingParams().maxNewTokens();
        assertEquals(limit - 3, engine.requests().get(3).maxNewTokens());
    }

    /** What the model's own tokenizer made; an engine would put a token before it. */
    @Test
    void aPromptThatIsTokenizedIsSentAsItIsAndNoEngineIsAskedForItsTokens() throws Exception {
        Prompt prompt = new Prompt.Messages(List.of(new ChatMessage("user", "hi")), "<user>hi", new int[] {7, 8});
        TrainingTask task = TestingTasks.task(2, prompt, 16);
        Sampler sampler = sampler(1);
        assertFalse(sampler.tokenizes(task));
        sampler.draw(new HeldAttempt(new AttemptState(task, Lane.TRAINING, 0, ticker.nanos())), 0);
        assertArrayEquals(new int[] {7, 8}, engine.requests().getFirst().inputIds());
        assertNull(engine.requests().getFirst().text());
    }

    @Test
    void aSampleWithoutBudgetLeftIsNotAskedForAgain() throws Exception {
        HeldAttempt attempt = attempt(Duration.ofHours(1));
        attempt.update(state -> state.tokenized(new int[] {7}));
        int limit = attempt.task().samplingParams().maxNewTokens();
        engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, limit));
        assertEquals(limit, draw(sampler(1), attempt).length());
        assertEquals("length", finish(attempt));
        assertEquals(1, engine.rids().size());
    }

    @Test
    void anAbortedSampleWhoseAttemptIsOverFails() {
        engine.then(() -> {
            ticker.advance(Duration.ofMinutes(6));
            return TestingEngine.answer(Generation.Finish.ABORT, 1);
        });
        EngineException last =
                assertThrows(EngineException.class, () -> sampler(6).draw(attempt(Duration.ofMinutes(5)), 0));
        assertEquals(Kind.ABORTED, last.kind());
    }

    @Test
    void restartThrowsTheTokensAway() throws Exception {
        onWeightUpdate = OnWeightUpdate.RESTART;
        engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, 1));
        HeldAttempt attempt = attempt(null);
        attempt.update(state -> state.tokenized(new int[] {7, 8}));
        assertEquals(2, draw(sampler(1), attempt).length());
        assertArrayEquals(new int[] {7, 8}, engine.requests().get(1).inputIds());
    }

    private void say(Policy.State state) {
        gate.news(new Policy(new Lineage(0), new WeightVersion(1), 0, state, 0));
    }

    /** A sample that is aborted because an update begins, and what was asked of the engine before the update's end. */
    private int requestsDuringTheUpdate() throws Exception {
        engine.then(() -> {
            say(Policy.State.UPDATING);
            return TestingEngine.answer(Generation.Finish.ABORT, 1);
        });
        HeldAttempt attempt = attempt(null);
        attempt.update(state -> state.tokenized(new int[] {7, 8}));
        Thread drawing = Thread.ofVirtual().start(() -> {
            try {
                sampler(1).draw(attempt, 0);
            } catch (EngineException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        while (drawing.isAlive() && drawing.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        int requests = engine.rids().size();
        say(Policy.State.READY);
        drawing.join();
        assertEquals(2, engine.rids().size());
        return requests;
    }

    @ParameterizedTest
    @EnumSource(
            value = OnWeightUpdate.class,
            names = {"CONTINUE", "RESTART"})
    void anAbortedSampleWaitsForTheNewWeights(OnWeightUpdate mode) throws Exception {
        onWeightUpdate = mode;
        assertEquals(1, requestsDuringTheUpdate());
    }

    @Test
    void underFinishABegunSampleDoesNotWaitForTheNewWeights() throws Exception {
        onWeightUpdate = OnWeightUpdate.FINISH;
        assertEquals(2, requestsDuringTheUpdate());
    }

    @ParameterizedTest
    @EnumSource(OnWeightUpdate.class)
    void noSampleStartsDuringAnUpdate(OnWeightUpdate mode) throws Exception {
        onWeightUpdate = mode;
        say(Policy.State.UPDATING);
        HeldAttempt attempt = attempt(null);
        Thread drawing = Thread.ofVirtual().start(() -> {
            try {
                sampler(1).draw(attempt, 0);
            } catch (EngineException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        while (drawing.isAlive() && drawing.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        assertEquals(0, engine.rids().size());
        say(Policy.State.READY);
        drawing.join();
        assertEquals(1, engine.rids().size());
    }

    @Test
    void textThatIsNotTokenizedIsDrawnAnew() throws Exception {
        engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, 1));
        assertEquals(2, draw(sampler(1), attempt(null)).length());
        assertEquals(null, engine.requests().get(1).inputIds());
    }

    @Test
    void aSampleThatStartsJustBeforeItsDeadlineIsTriedAllTheSame() throws Exception {
        HeldAttempt attempt = attempt(Duration.ofSeconds(10));
        ticker.advance(Duration.ofSeconds(10).minusMillis(1));
        assertEquals(2, draw(sampler(3), attempt).length());
        assertEquals(1, engine.requests().size());
        // The other sample begins behind the deadline, before anybody has ended the attempt: asked for all the same.
        ticker.advance(Duration.ofSeconds(1));
        sampler(3).draw(attempt, 1);
        assertEquals(2, attempt.get(state -> state.sample(1)).length());
        assertEquals(2, engine.requests().size());
    }

    @Test
    void betweenTriesItPausesLongerAndLonger() throws Exception {
        for (int i = 0; i < 5; i++) {
            engine.thenFails(Kind.UNREACHABLE);
        }
        sampler(3).draw(attempt(null), 0);
        assertEquals(6, engine.rids().size());
        assertEquals(List.of(PAUSE, PAUSE.multipliedBy(2), PAUSE_MAX, PAUSE_MAX, PAUSE_MAX), pauses);
    }

    @Test
    void anEngineThatAbortsWithoutATokenIsAskedLessAndLessOften() throws Exception {
        for (int tokens : new int[] {1, 0, 0, 1, 0}) {
            engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, tokens));
        }
        HeldAttempt attempt = attempt(null);
        attempt.update(state -> state.tokenized(new int[] {7, 8}));
        assertEquals(4, draw(sampler(3), attempt).length());
        assertEquals(List.of(PAUSE, PAUSE.multipliedBy(2), PAUSE), pauses);
    }
}
