package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.common.testing.RecordingFatal;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.Generator;
import io.millrace.worker.generator.Trajectory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However an attempt ends, it ends once: one receipt, its slots free, its entry gone. */
@Timeout(120)
class AttemptRunnerTest {
    private static final int SLOTS = RunnerBench.SLOTS;

    /** The worker's own way, as one of the class path. */
    private static final Generator ONE_TURN = new TestingGenerator(rollout -> List.of(GeneratedSample.of(
            new Trajectory(new int[] {1}).add(rollout.generate(new int[] {1}, rollout.samplingParams())))));

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

    private RunnerBench bench(boolean brokerAnswers, boolean tokenize) {
        RunnerBench made = new RunnerBench(brokerAnswers, tokenize, null, engine, fatal);
        bench = made;
        return made;
    }

    /** The next calls say so and hang until they are interrupted. */
    private CountDownLatch hang(int calls) {
        CountDownLatch hanging = new CountDownLatch(calls);
        for (int i = 0; i < calls; i++) {
            engine.then(() -> {
                hanging.countDown();
                new CountDownLatch(1).await();
                throw new AssertionError("nobody lets it go");
            });
        }
        return hanging;
    }

    @Test
    void anAttemptThatHangsEndsAtItsDeadlineAndFreesItsSlots() throws Exception {
        RunnerBench worker = bench(true, false);
        hang(SLOTS);
        worker.claim(0, SLOTS + 2, 50L);
        worker.awaitIdle();
        engine.forget();
        worker.claim(1, 2, null);
        worker.awaitIdle();
        assertEquals(Map.of("deadline", 1L, "Success", 1L), worker.outcomes());
    }

    @Test
    void aDeadlineThatHasPassedAtTheClaimEndsTheAttemptOnce() throws Exception {
        RunnerBench worker = bench(true, true);
        for (int round = 0; round < 200; round++) {
            worker.table.enter(RunnerBench.held(RunnerBench.task(10_000 + round, 1, 1L), 0));
        }
        worker.table.attempts().forEach(worker.runner::accept);
        worker.awaitIdle();
        assertEquals(200, worker.receipts().size());
        assertEquals(
                200L,
                worker.outcomes().values().stream().mapToLong(Long::longValue).sum());
    }

    @Test
    void aTokenizationThatHangsEndsAtTheDeadline() throws Exception {
        RunnerBench worker = bench(true, true);
        hang(1);
        worker.claim(0, 2, 50L);
        worker.awaitIdle();
        assertEquals(Map.of("deadline", 1L), worker.outcomes());
    }

    @Test
    void groupsHalfStartedAndNotStartedAreHandedBack() throws Exception {
        RunnerBench worker = bench(true, false);
        CountDownLatch hanging = hang(SLOTS);
        worker.claim(0, SLOTS - 1, null);
        worker.claim(1, 8, null);
        worker.claim(2, 2, null);
        hanging.await();
        worker.slots.stopClaiming();
        assertFalse(worker.slots.awaitIdle(Duration.ZERO));
        worker.runner.handBack("the worker stops", false, Duration.ZERO, () -> true);
        worker.awaitIdle();
        assertEquals(Map.of("HandedBack", 3L), worker.outcomes());
        assertEquals(SLOTS, engine.rids().size(), "nothing started in the freed slots");
    }

    @Test
    void aGroupBeingTokenizedIsHandedBack() throws Exception {
        RunnerBench worker = bench(true, true);
        CountDownLatch hanging = hang(1);
        worker.claim(0, 2, null);
        hanging.await();
        worker.runner.handBack("the worker stops", false, Duration.ZERO, () -> true);
        worker.awaitIdle();
        assertEquals(Map.of("HandedBack", 1L), worker.outcomes());
    }

    @Test
    void aGroupWhoseResultIsOnItsWayIsNotHandedBack() throws Exception {
        RunnerBench worker = bench(false, false);
        worker.claim(0, 1, null);
        while (worker.kafka.history().isEmpty()) {
            Thread.onSpinWait();
        }
        worker.runner.handBack("the worker stops", false, Duration.ZERO, () -> true);
        assertEquals(1, worker.table.size(), "held until its receipt is durable");
        while (worker.table.size() > 0) {
            worker.kafka.completeNext();
        }
        worker.awaitIdle();
        assertEquals(Map.of("Success", 1L), worker.outcomes());
    }

    @Test
    void aHandBackAtAnyMomentEndsEachGroupExactlyOnce() throws Exception {
        long seed = 20261123;
        for (int round = 0; round < 150; round++) {
            Random random = new Random(seed + round);
            boolean tokenize = random.nextBoolean();
            boolean keeps = random.nextBoolean();
            RunnerBench worker = new RunnerBench(true, tokenize, random.nextBoolean() ? null : ONE_TURN, engine, fatal);
            int groups = 1 + random.nextInt(6);
            int answers = random.nextInt(12);
            Semaphore go = new Semaphore(answers);
            IntStream.range(0, 60)
                    .forEach(i -> engine.then(() -> {
                        go.acquire();
                        return TestingEngine.answer();
                    }));
            CountDownLatch begin = new CountDownLatch(1);
            Thread stopper = Thread.ofVirtual().start(() -> {
                try {
                    begin.await();
                    worker.runner.handBack("the worker stops", keeps, Duration.ofMillis(1), () -> true);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            for (int group = 0; group < groups; group++) {
                if (group == groups / 2) {
                    begin.countDown();
                }
                worker.claim(group, 1 + random.nextInt(5), random.nextBoolean() ? null : 1L + random.nextInt(5));
            }
            stopper.join();
            // As the wiring does it: claiming has ended by now.
            worker.runner.handBack("the worker stops", keeps, Duration.ofMillis(1), () -> true);
            worker.awaitIdle();
            assertEquals(
                    groups,
                    worker.outcomes().values().stream()
                            .mapToLong(Long::longValue)
                            .sum(),
                    "seed " + (seed + round));
            worker.close();
            engine.forget();
        }
    }
}
