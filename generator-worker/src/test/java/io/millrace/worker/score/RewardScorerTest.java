package io.millrace.worker.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.reward.Requests;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import io.millrace.worker.score.RewardScorer.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RewardScorerTest {
    private static final Duration LONG = Duration.ofSeconds(50);
    /** For functions that cannot end before it: any length will do. */
    private static final Duration SHORT = Duration.ofMillis(5);

    private static final RewardRequest REQUEST = Requests.of("response", "label");

    private final MeterRegistry registry = new SimpleMeterRegistry();

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    /** Hangs until released, deaf to interrupts, and says when it has started. */
    private static final class Hanging implements RewardFunction {
        private final CountDownLatch release = new CountDownLatch(1);
        private final CountDownLatch interrupted = new CountDownLatch(1);

        @Override
        public Reward score(RewardRequest request) {
            boolean released = false;
            while (!released) {
                try {
                    release.await();
                    released = true;
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
            }
            return Reward.of(1);
        }
    }

    private static FutureTask<Reward> start(RewardScorer scorer) {
        FutureTask<Reward> task = new FutureTask<>(() -> scorer.score(REQUEST));
        Thread.ofVirtual().start(task);
        return task;
    }

    private static RewardFailure failure(RewardScorer scorer) {
        return assertThrows(RewardException.class, () -> scorer.score(REQUEST)).kind();
    }

    private static void awaitNoneStuck(RewardScorer scorer) {
        while (scorer.stuckCount() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aScoreInTimeIsScored() throws Exception {
        try (RewardScorer scorer =
                new RewardScorer(request -> Reward.of(0.5), new Limits(1, 1, LONG, LONG), registry)) {
            for (int i = 0; i < 100; i++) {
                assertEquals(Reward.of(0.5), scorer.score(REQUEST));
            }
            assertEquals(0, scorer.runningCount());
        }
    }

    @Test
    void aRefusalKeepsItsKindAndMessage() throws Exception {
        RewardFunction refusing = request -> {
            throw new RewardException(RewardFailure.BAD_LABEL, "not a number");
        };
        try (RewardScorer scorer = new RewardScorer(refusing, new Limits(1, 1, LONG, LONG), registry)) {
            RewardException refusal = assertThrows(RewardException.class, () -> scorer.score(REQUEST));
            assertEquals(RewardFailure.BAD_LABEL, refusal.kind());
            assertEquals("not a number", refusal.getMessage());
        }
    }

    @Test
    void aBrokenFunctionFailsItsScoreOnly() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        RewardFunction broken = request -> switch (calls.incrementAndGet()) {
            case 1 -> throw new IllegalStateException("bug");
            case 2 -> throw new StackOverflowError();
            default -> Reward.of(1);
        };
        try (RewardScorer scorer = new RewardScorer(broken, new Limits(1, 1, LONG, LONG), registry)) {
            assertEquals(RewardFailure.BROKEN, failure(scorer));
            assertEquals(RewardFailure.BROKEN, failure(scorer));
            assertEquals(Reward.of(1), scorer.score(REQUEST));
        }
    }

    @Test
    void anErrorReachesTheCaller() {
        OutOfMemoryError error = new OutOfMemoryError("made up");
        RewardFunction dying = request -> {
            throw error;
        };
        try (RewardScorer scorer = new RewardScorer(dying, new Limits(1, 1, LONG, LONG), registry)) {
            assertSame(error, assertThrows(OutOfMemoryError.class, () -> scorer.score(REQUEST)));
            assertEquals(0, scorer.runningCount());
        }
    }

    @Test
    void aTimeoutIsItsOwnOutcomeAndInterrupts() throws Exception {
        Hanging hanging = new Hanging();
        try (RewardScorer scorer = new RewardScorer(hanging, new Limits(1, 2, SHORT, LONG), registry)) {
            assertEquals(RewardFailure.TIMED_OUT, failure(scorer));
            assertEquals(1, scorer.stuckCount());
            assertEquals(0, scorer.runningCount());
            assertEquals(1, gauge("millrace.worker.scores.stuck"));
            assertEquals(0, gauge("millrace.worker.scores.running"));
            hanging.interrupted.await();
            hanging.release.countDown();
            awaitNoneStuck(scorer);
        }
    }

    @Test
    void tooManyStuckScoresAreRefusedUntilTheyEnd() throws Exception {
        Hanging hanging = new Hanging();
        AtomicInteger calls = new AtomicInteger();
        RewardFunction hangsTwice = request -> calls.incrementAndGet() <= 2 ? hanging.score(request) : Reward.of(1);
        try (RewardScorer scorer =
                new RewardScorer(hangsTwice, new Limits(2, 2, Duration.ofMillis(500), LONG), registry)) {
            assertEquals(RewardFailure.TIMED_OUT, failure(scorer));
            assertEquals(RewardFailure.TIMED_OUT, failure(scorer));
            assertEquals(RewardFailure.STUCK, failure(scorer));
            assertEquals(RewardFailure.STUCK, failure(scorer));
            assertEquals(2, calls.get());
            assertEquals(0, scorer.runningCount());
            hanging.release.countDown();
            awaitNoneStuck(scorer);
            assertEquals(Reward.of(1), scorer.score(REQUEST));
        }
    }

    /** A program is killed at its deadline, which takes a moment. */
    @Test
    void scoresThatEndWhenTheyAreInterruptedCostNoOther() throws Exception {
        Hanging hanging = new Hanging();
        AtomicInteger calls = new AtomicInteger();
        RewardFunction hangsOnce = request -> calls.incrementAndGet() == 1 ? hanging.score(request) : Reward.of(1);
        try (RewardScorer scorer =
                new RewardScorer(hangsOnce, new Limits(1, 1, Duration.ofMillis(500), LONG), registry)) {
            assertEquals(RewardFailure.TIMED_OUT, failure(scorer));
            FutureTask<Reward> next = start(scorer);
            while (scorer.runningCount() == 0 && !next.isDone()) {
                Thread.onSpinWait();
            }
            hanging.release.countDown();
            assertEquals(Reward.of(1), next.get());
        }
    }

    @Test
    void neverMoreThanTheLimitRunAtOnce() throws Exception {
        CountDownLatch bothRun = new CountDownLatch(2);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        RewardFunction counting = request -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            bothRun.countDown();
            awaitUninterrupted(release);
            running.decrementAndGet();
            return Reward.of(1);
        };
        try (RewardScorer scorer = new RewardScorer(counting, new Limits(2, 1, LONG, LONG), registry)) {
            List<FutureTask<Reward>> tasks = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                tasks.add(start(scorer));
            }
            bothRun.await();
            assertEquals(2, scorer.runningCount());
            release.countDown();
            for (FutureTask<Reward> task : tasks) {
                assertEquals(Reward.of(1), task.get());
            }
            assertEquals(2, most.get());
        }
    }

    @Test
    void aScoreThatFindsNoPlaceInTimeIsBusy() throws Exception {
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        RewardFunction slow = request -> {
            runs.countDown();
            awaitUninterrupted(release);
            return Reward.of(1);
        };
        try (RewardScorer scorer = new RewardScorer(slow, new Limits(1, 1, LONG, SHORT), registry)) {
            FutureTask<Reward> first = start(scorer);
            runs.await();
            assertEquals(RewardFailure.BUSY, failure(scorer));
            release.countDown();
            assertEquals(Reward.of(1), first.get());
        }
    }

    @Test
    void anInterruptedCallerLeavesItsScoreBehind() throws Exception {
        Hanging hanging = new Hanging();
        CountDownLatch runs = new CountDownLatch(1);
        RewardFunction function = request -> {
            runs.countDown();
            return hanging.score(request);
        };
        try (RewardScorer scorer = new RewardScorer(function, new Limits(1, 1, LONG, LONG), registry)) {
            CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    scorer.score(REQUEST);
                    interrupted.complete(false);
                } catch (RewardException e) {
                    interrupted.complete(false);
                } catch (InterruptedException e) {
                    interrupted.complete(true);
                }
            });
            runs.await();
            caller.interrupt();
            assertTrue(interrupted.get());
            assertEquals(1, scorer.stuckCount());
            hanging.release.countDown();
            awaitNoneStuck(scorer);
        }
    }

    @Test
    void aClosedScorerRefuses() throws Exception {
        RewardScorer scorer = new RewardScorer(request -> Reward.of(1), new Limits(1, 1, LONG, LONG), registry);
        scorer.close();
        scorer.close();
        assertEquals(RewardFailure.CLOSED, failure(scorer));
        assertEquals(0, scorer.runningCount());
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }
}
