package io.millrace.worker.inflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.topics.Lane;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.EarlyEnd;
import io.millrace.worker.attempt.TestingTasks;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An early end reaches the threads that work for the attempt, and none after their time. */
@Timeout(60)
class HeldAttemptTest {
    private static final EarlyEnd FAILED = new EarlyEnd.Failure("engine-refused", "400");

    private static HeldAttempt attempt(int samples) {
        return new HeldAttempt(new AttemptState(TestingTasks.task(samples), Lane.TRAINING, 0, 0));
    }

    @Test
    void exactlyOneSampleClosesTheGroup() throws Exception {
        for (int round = 0; round < 200; round++) {
            HeldAttempt attempt = attempt(8);
            AtomicInteger closers = new AtomicInteger();
            CountDownLatch go = new CountDownLatch(1);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int sample = 0; sample < 8; sample++) {
                    int i = sample;
                    threads.execute(() -> {
                        assertTrue(attempt.begin(i));
                        awaitQuietly(go);
                        if (attempt.end(i)) {
                            closers.incrementAndGet();
                        }
                    });
                }
                go.countDown();
            }
            assertEquals(1, closers.get());
        }
    }

    @Test
    void aFailureInterruptsSiblingsAndLaterSamplesDoNotRun() throws Exception {
        HeldAttempt attempt = attempt(3);
        CountDownLatch waiting = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.execute(() -> {
                assertTrue(attempt.begin(0));
                waiting.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
                attempt.end(0);
            });
            assertTrue(waiting.await(30, TimeUnit.SECONDS));
            assertTrue(attempt.begin(1));
            assertTrue(attempt.endEarly(FAILED));
            assertFalse(attempt.endEarly(new EarlyEnd.Failure("later", "does not count")));
            assertTrue(interrupted.await(30, TimeUnit.SECONDS));
        }
        assertFalse(attempt.begin(2), "a sample of a failed group must not run");
        assertEquals(FAILED, attempt.earlyEnd());
        assertFalse(attempt.end(1));
        assertTrue(attempt.end(2));
    }

    @Test
    void whatIsGivenBackIsNotInterruptedWhileAnEngineMayAnswer() throws Exception {
        HeldAttempt attempt = attempt(2);
        AtomicInteger interrupts = new AtomicInteger();
        CountDownLatch waiting = new CountDownLatch(2);
        CountDownLatch answer = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int sample = 0; sample < 2; sample++) {
                int i = sample;
                threads.execute(() -> {
                    assertTrue(attempt.begin(i));
                    try {
                        if (i == 0) {
                            attempt.ask(i);
                        }
                        waiting.countDown();
                        answer.await();
                        attempt.update(state -> state.answered(i));
                    } catch (InterruptedException e) {
                        interrupts.incrementAndGet();
                    }
                    attempt.end(i);
                });
            }
            assertTrue(waiting.await(30, TimeUnit.SECONDS));
            assertTrue(attempt.endEarly(new EarlyEnd.HandBack("the worker stops", true)));
            assertThrows(InterruptedException.class, () -> attempt.ask(1), "it asks for nothing more");
            answer.countDown();
        }
        assertEquals(1, interrupts.get(), "the sample that does not wait for an engine");
    }

    @Test
    void theInterruptMeantForASampleDoesNotOutliveIt() {
        HeldAttempt attempt = attempt(1);
        attempt.begin(0);
        Thread.currentThread().interrupt();
        attempt.end(0);
        assertFalse(Thread.currentThread().isInterrupted());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
