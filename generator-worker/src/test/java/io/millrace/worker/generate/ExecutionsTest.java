package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.testing.RecordingFatal;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.GeneratorException;
import io.millrace.worker.generator.Rollout;
import io.millrace.worker.generator.Trajectory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a generator does becomes a group as exact as the worker's own, or costs its own attempt. */
@Timeout(120)
class ExecutionsTest {
    private final RecordingFatal fatal = new RecordingFatal();
    private final TestingEngine engine = new TestingEngine();
    private @Nullable RunnerBench bench;

    @AfterEach
    void end() throws Exception {
        if (bench != null) {
            bench.close();
        }
        assertEquals(List.of(), fatal.reports());
    }

    private RunnerBench bench(TestingGenerator.Execution execution) {
        RunnerBench made = new RunnerBench(true, true, new TestingGenerator(execution), engine, fatal);
        bench = made;
        return made;
    }

    /** Its tokens are of one version each. */
    private static Generation answer(Finish finish, String text, String version, int... tokens) {
        float[] logProbs = new float[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            logProbs[i] = -tokens[i];
        }
        return new Generation(
                text,
                tokens,
                logProbs,
                finish,
                0,
                version,
                List.of(new Generation.Span(version, 0, tokens.length)),
                null);
    }

    private static VersionSpan span(long version, int from, int to) {
        return new VersionSpan(new WeightVersion(version), from, to);
    }

    /** Two turns with a tool's answer between, and a second sample that goes another way behind the first turn. */
    private static List<GeneratedSample> twoSamples(Rollout rollout) throws EngineException, InterruptedException {
        int[] prompt = {1, 2, 3};
        Trajectory main = new Trajectory(prompt);
        main.add(rollout.generate(main.context(), rollout.samplingParams()));
        Trajectory other = main.copy().mask();
        main.observe(new int[] {20, 21}, " [tool] ");
        main.add(rollout.generate(main.context(), rollout.samplingParams()), new byte[] {1, 0});
        other.add(rollout.generate(other.context(), rollout.samplingParams()));
        return List.of(
                GeneratedSample.of(main),
                new GeneratedSample(
                        other,
                        "judged",
                        SampleStatus.FAILED,
                        Reward.of(-0.5),
                        Json.object().put("round", 2)));
    }

    @Test
    void turnsToolsAndSiblingsBecomeOneExactGroup() throws Exception {
        engine.then(() -> answer(Finish.STOP, "call", "3", 10, 11))
                .then(() -> answer(Finish.ABORT, "an", "3", 12))
                .then(() -> answer(Finish.LENGTH, "swer", "4", 13))
                .then(() -> answer(Finish.STOP, "else", "5", 14));
        RunnerBench worker = bench(ExecutionsTest::twoSamples);
        worker.claim(7, 1, null);
        worker.awaitIdle();

        RolloutGroup group = worker.result();
        List<SampleHeader> samples = group.header().samples();
        assertEquals(1, group.header().rollouts());
        SampleHeader main = samples.get(0);
        SampleHeader other = samples.get(1);
        assertArrayEquals(new int[] {1, 2, 3, 10, 11, 20, 21, 12, 13, 1, 2, 3, 10, 11, 14}, group.tokens());
        assertArrayEquals(new float[] {-10, -11, 0, 0, -12, -13, -10, -11, -14}, group.logProbs());
        assertArrayEquals(new byte[] {1, 1, 0, 0, 1, 0, 0, 0, 1}, group.lossMask());
        assertEquals(List.of(span(3, 0, 5), span(4, 5, 6)), main.weightVersions());
        assertEquals(List.of(span(3, 0, 2), span(5, 2, 3)), other.weightVersions());
        assertEquals(List.of(7L, 7L), List.of(main.index(), other.index()));
        assertEquals(List.of(7L, 7L), List.of(main.rolloutId(), other.rolloutId()));
        assertEquals("call [tool] answer", main.response());
        assertEquals(SampleStatus.TRUNCATED, main.status());
        assertEquals(SampleStatus.FAILED, other.status());
        assertEquals(main.sessionId(), other.sessionId());
        assertEquals(2, group.header().metadataOf(other).path("round").intValue());
        assertTrue(group.header().metadataOf(main).path("round").isMissingNode());
        assertEquals(List.of("call [tool] answer"), worker.scored, "a reward that is set is kept");
        assertEquals(-0.5, other.reward().value());

        List<GenerateRequest> requests = engine.requests();
        assertArrayEquals(
                new int[] {1, 2, 3, 10, 11, 20, 21, 12}, requests.get(2).inputIds(), "gone on with");
        assertEquals(
                4,
                engine.rids().stream().distinct().count(),
                () -> engine.rids().toString());
        assertTrue(requests.stream().allMatch(request -> request.session().equals(main.sessionId())));
    }

    @Test
    void oneSampleOfAnExecutionHasNoRolloutId() throws Exception {
        RunnerBench worker = bench(rollout -> List.of(GeneratedSample.of(
                new Trajectory(new int[] {5}).add(rollout.generate(new int[] {5}, rollout.samplingParams())))));
        worker.claim(3, 2, null);
        worker.awaitIdle();
        List<SampleHeader> samples = worker.result().header().samples();
        assertEquals(List.of(6L, 7L), samples.stream().map(SampleHeader::index).toList());
        assertNull(samples.getFirst().rolloutId());
        assertEquals(2, samples.stream().map(SampleHeader::sessionId).distinct().count());
    }

    @Test
    void tokensBeforeTheFirstTurnHaveItsVersion() throws Exception {
        engine.then(() -> answer(Finish.STOP, "x", "9", 4));
        RunnerBench worker = bench(rollout -> {
            Trajectory all = new Trajectory(new int[] {1}).observe(new int[] {2, 3}, "");
            return List.of(GeneratedSample.of(all.add(rollout.generate(all.context(), rollout.samplingParams()))));
        });
        worker.claim(0, 1, null);
        worker.awaitIdle();
        assertEquals(
                List.of(span(9, 0, 3)),
                worker.result().header().samples().getFirst().weightVersions());
    }

    @Test
    void whatCannotBePublishedFailsTheAttemptAndSaysWhy() throws Exception {
        Map<String, TestingGenerator.Execution> faults = Map.of(
                "generator-bad-samples", rollout -> List.of(),
                "generator-aborted",
                        rollout -> List.of(GeneratedSample.of(new Trajectory(new int[] {1})
                                        .add(rollout.generate(new int[] {1}, rollout.samplingParams())))
                                .ended(SampleStatus.ABORTED)),
                "generator-broken",
                        rollout -> {
                            throw new IllegalStateException("a bug");
                        },
                "no-sandbox",
                        rollout -> {
                            throw new GeneratorException("no-sandbox", "the sandbox is away");
                        });
        for (Map.Entry<String, TestingGenerator.Execution> fault : faults.entrySet()) {
            RunnerBench worker = new RunnerBench(true, true, new TestingGenerator(fault.getValue()), engine, fatal);
            worker.claim(0, 3, null);
            worker.awaitIdle();
            assertEquals(fault.getKey(), worker.failure().kind());
            worker.close();
        }
    }

    @Test
    void aSampleOfNothingAndTooManySamplesAreRefused() throws Exception {
        List<TestingGenerator.Execution> faults =
                List.of(rollout -> List.of(GeneratedSample.of(new Trajectory(new int[] {1}))), rollout -> {
                    Turn turn = rollout.generate(new int[] {1}, rollout.samplingParams());
                    GeneratedSample sample = GeneratedSample.of(new Trajectory(new int[] {1}).add(turn));
                    return IntStream.range(0, 5).mapToObj(_ -> sample).toList();
                });
        for (TestingGenerator.Execution fault : faults) {
            RunnerBench worker = new RunnerBench(true, true, new TestingGenerator(fault), engine, fatal);
            worker.claim(0, 1, null);
            worker.awaitIdle();
            assertEquals("generator-bad-samples", worker.failure().kind());
            worker.close();
        }
    }

    @Test
    void aGeneratorThatInterruptsItselfDoesNotHoldItsGroupForEver() throws Exception {
        RunnerBench worker = bench(_ -> {
            throw new InterruptedException("for no reason");
        });
        worker.claim(0, 2, null);
        worker.awaitIdle();
        assertEquals("generator-broken", worker.failure().kind());
    }

    /** One slot is one request at the engines, however many threads a generator has. */
    @Test
    void requestsOfOneRolloutAreAnsweredOneAfterAnother() throws Exception {
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(1);
        List<Thread> threads = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 20; i++) {
            engine.then(() -> {
                most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                started.await();
                // The others have come to wait, if not here, then for their turn; those that are through wait no more.
                while (underWay.get() == 1
                        && threads.stream()
                                        .filter(thread -> thread.getState() == Thread.State.RUNNABLE)
                                        .count()
                                > 1) {
                    Thread.onSpinWait();
                }
                underWay.decrementAndGet();
                return TestingEngine.answer();
            });
        }
        RunnerBench worker = bench(rollout -> {
            for (int i = 0; i < 19; i++) {
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        rollout.generate(new int[] {1}, rollout.samplingParams());
                    } catch (EngineException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }));
            }
            started.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            return List.of(GeneratedSample.of(
                    new Trajectory(new int[] {1}).add(rollout.generate(new int[] {1}, rollout.samplingParams()))));
        });
        worker.claim(0, 1, null);
        worker.awaitIdle();
        assertEquals(20, engine.rids().size());
        assertEquals(1, most.get());
    }

    /** The slot is free only when nothing of the rollout is at an engine, and no thread can ask behind its back. */
    @Test
    void whatARolloutStillAsksWhenItEndsIsCutOff() throws Exception {
        CountDownLatch atTheEngine = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        engine.then(TestingEngine::answer).then(() -> {
            atTheEngine.countDown();
            try {
                new CountDownLatch(1).await();
                throw new AssertionError("nobody lets it go");
            } finally {
                left.countDown();
            }
        });
        AtomicReference<Rollout> kept = new AtomicReference<>();
        RunnerBench worker = bench(rollout -> {
            kept.set(rollout);
            Turn turn = rollout.generate(new int[] {1}, rollout.samplingParams());
            Thread.ofVirtual()
                    .start(() -> assertThrows(
                            InterruptedException.class,
                            () -> rollout.generate(new int[] {1}, rollout.samplingParams())));
            atTheEngine.await();
            return List.of(GeneratedSample.of(new Trajectory(new int[] {1}).add(turn)));
        });
        worker.claim(0, 1, null);
        worker.awaitIdle();
        left.await();
        assertEquals(Map.of("Success", 1L), worker.outcomes());
        assertThrows(
                InterruptedException.class,
                () -> kept.get().generate(new int[] {1}, kept.get().samplingParams()));
        assertEquals(2, engine.rids().size());
    }

    @Test
    void anExecutionEndsWithItsAttemptsDeadline() throws Exception {
        engine.then(() -> {
            new CountDownLatch(1).await();
            throw new AssertionError("nobody lets it go");
        });
        RunnerBench worker = bench(rollout -> {
            CountDownLatch done = new CountDownLatch(1);
            // As a server's thread would.
            Thread.ofVirtual()
                    .start(() -> assertThrows(
                            InterruptedException.class,
                            () -> rollout.generate(new int[] {1}, rollout.samplingParams())));
            done.await();
            throw new AssertionError("nobody lets it go");
        });
        worker.claim(0, 1, 50L);
        worker.awaitIdle();
        assertEquals("deadline", worker.failure().kind());
    }
}
