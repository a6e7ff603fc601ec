package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.topics.Lane;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.engine.dialect.VersionWord;
import io.millrace.worker.weights.OnWeightUpdate;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which failures are repeated, and for how long. */
@Timeout(60)
class SamplerTest {
    private static final Duration PAUSE = Duration.ofMillis(1);

    private final ManualTicker ticker = new ManualTicker();
    private final TestingEngine engine = new TestingEngine();

    private final WeightsGate gate = new WeightsGate(Duration.ofMinutes(10), ticker);

    private OnWeightUpdate onWeightUpdate = OnWeightUpdate.CONTINUE;

    private Sampler sampler(int attemptsMax, Duration pause, Duration pauseMax) {
        return new Sampler(
                new EnginePool(
                        List.of("http://engine"), engine, VersionWord::number, ticker, Duration.ZERO, Duration.ZERO),
                gate,
                new RunId("r"),
                new Sampler.Limits(Duration.ofHours(1), attemptsMax, pause, pauseMax, onWeightUpdate, true),
                ticker,
                new SimpleMeterRegistry());
    }

    private Sampler sampler(int attemptsMax) {
        return sampler(attemptsMax, PAUSE, Duration.ofMillis(2));
    }

    private GroupRun group(@Nullable Duration timeLimit) {
        return new GroupRun(GroupRunTest.task(1, timeLimit), Lane.TRAINING, 0, ticker.nanos());
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
                assertThrows(EngineException.class, () -> sampler(3).draw(group(Duration.ofHours(1)), 0));
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
        sampler(1).draw(group(Duration.ofHours(1)), 0);
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
        assertThrows(EngineException.class, () -> sampler(1).draw(group(Duration.ofMinutes(5)), 0));
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
        assertThrows(EngineException.class, () -> sampler(1).draw(group(null), 0));
        assertEquals(2, engine.rids().size());
    }

    @Test
    void aRefusedRequestIsNotRepeated() {
        engine.thenFails(Kind.REFUSED);
        assertThrows(EngineException.class, () -> sampler(6).draw(group(null), 0));
        assertEquals(1, engine.rids().size());
    }

    @Test
    void emptyAnswersAreRepeated() throws Exception {
        engine.then(() -> TestingEngine.answer(Generation.Finish.STOP, 0));
        assertEquals(2, sampler(3).draw(group(null), 0).generation().tokens().length);
        assertEquals(List.of("r.g5.a1.s0.t1", "r.g5.a1.s0.t2"), engine.rids());
    }

    @Test
    void anAbortedSampleIsContinuedBehindItsTokens() throws Exception {
        for (int i = 0; i < 5; i++) {
            engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, 1));
        }
        GroupRun group = group(Duration.ofHours(1));
        group.tokenized(new int[] {7, 8});
        Sampler.Drawn drawn = sampler(1).draw(group, 0);
        assertEquals(7, drawn.generation().tokens().length, "five of one token, then two");
        assertEquals(Generation.Finish.STOP, drawn.generation().finish());
        assertArrayEquals(new int[] {7, 8, 0, 0, 0}, engine.requests().get(3).inputIds());
        int limit = group.task().samplingParams().maxNewTokens();
        assertEquals(limit - 3, engine.requests().get(3).maxNewTokens());
    }

    @Test
    void aSampleWithoutBudgetLeftIsNotAskedForAgain() throws Exception {
        GroupRun group = group(Duration.ofHours(1));
        group.tokenized(new int[] {7});
        int limit = group.task().samplingParams().maxNewTokens();
        engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, limit));
        Sampler.Drawn drawn = sampler(1).draw(group, 0);
        assertEquals(Generation.Finish.LENGTH, drawn.generation().finish());
        assertEquals(limit, drawn.generation().tokens().length);
        assertEquals(1, engine.rids().size());
    }

    @Test
    void anAbortedSampleWhoseAttemptIsOverFails() {
        engine.then(() -> {
            ticker.advance(Duration.ofMinutes(6));
            return TestingEngine.answer(Generation.Finish.ABORT, 1);
        });
        EngineException last =
                assertThrows(EngineException.class, () -> sampler(6).draw(group(Duration.ofMinutes(5)), 0));
        assertEquals(Kind.ABORTED, last.kind());
    }

    @Test
    void restartThrowsTheTokensAway() throws Exception {
        onWeightUpdate = OnWeightUpdate.RESTART;
        engine.then(() -> TestingEngine.answer(Generation.Finish.ABORT, 1));
        GroupRun group = group(null);
        group.tokenized(new int[] {7, 8});
        assertEquals(2, sampler(1).draw(group, 0).generation().tokens().length);
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
        GroupRun group = group(null);
        group.tokenized(new int[] {7, 8});
        Thread drawing = Thread.ofVirtual().start(() -> {
            try {
                sampler(1).draw(group, 0);
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
        GroupRun group = group(null);
        Thread drawing = Thread.ofVirtual().start(() -> {
            try {
                sampler(1).draw(group, 0);
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
        assertEquals(2, sampler(1).draw(group(null), 0).generation().tokens().length);
        assertEquals(null, engine.requests().get(1).inputIds());
    }

    @Test
    void aSampleThatStartsJustBeforeItsDeadlineIsTriedAllTheSame() throws Exception {
        GroupRun group = new GroupRun(GroupRunTest.task(2, Duration.ofSeconds(10)), Lane.TRAINING, 0, ticker.nanos());
        Sampler unhurried = sampler(3, Duration.ofMillis(250), Duration.ofSeconds(15));
        ticker.advance(Duration.ofSeconds(10).minusMillis(1));
        assertEquals(2, unhurried.draw(group, 0).generation().tokens().length);
        assertEquals(1, engine.requests().size());
        // The other sample begins behind the deadline, before anybody has ended the attempt: asked for all the same.
        ticker.advance(Duration.ofSeconds(1));
        assertEquals(2, unhurried.draw(group, 1).generation().tokens().length);
        assertEquals(2, engine.requests().size());
    }

    @Test
    void aPauseThatDoesNotGrowIsAPause() throws Exception {
        engine.thenFails(Kind.FAILED);
        sampler(3, PAUSE, PAUSE).draw(group(null), 0);
        assertEquals(2, engine.rids().size());
    }
}
