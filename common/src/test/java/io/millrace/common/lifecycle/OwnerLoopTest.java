package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.RecordingFatal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OwnerLoopTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Waits in each turn like a consumer in its poll, until woken. */
    private static class WaitingTurn implements OwnerLoop.Turn {
        final CountDownLatch waiting = new CountDownLatch(1);
        final CountDownLatch closed = new CountDownLatch(1);
        final Semaphore wakeups = new Semaphore(0);
        final AtomicInteger closes = new AtomicInteger();
        volatile Thread closedBy;

        @Override
        public void runOnce() throws Exception {
            waiting.countDown();
            wakeups.acquire();
        }

        @Override
        public void wakeup() {
            wakeups.release();
        }

        @Override
        public void close() throws Exception {
            closedBy = Thread.currentThread();
            closes.incrementAndGet();
            closed.countDown();
        }
    }

    private final RecordingFatal fatal = new RecordingFatal();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void releaseWhatStillWaits() {
        never.countDown();
    }

    private OwnerLoop started(OwnerLoop.Turn turn) {
        return new OwnerLoop("loop", turn, fatal).start();
    }

    @Test
    void stopEndsATurnInProgressAndClosesOnTheLoopsThread() throws Exception {
        WaitingTurn turn = new WaitingTurn();
        OwnerLoop loop = started(turn);
        assertTrue(turn.waiting.await(30, TimeUnit.SECONDS));

        loop.stop(LIMIT);
        assertEquals(1, turn.closes.get());
        assertEquals("loop", turn.closedBy.getName());
        assertEquals(List.of(), fatal.reports());
    }

    @Test
    void aWakeupDuringStopIsNoFailure() throws Exception {
        WaitingTurn turn = new WaitingTurn() {
            @Override
            public void runOnce() throws Exception {
                super.runOnce();
                throw new WakeupException();
            }
        };
        OwnerLoop loop = started(turn);
        assertTrue(turn.waiting.await(30, TimeUnit.SECONDS));

        loop.stop(LIMIT);
        assertEquals(List.of(), fatal.reports());
        assertEquals(1, turn.closes.get());
    }

    @Test
    void aWakeupNobodyAskedForIsAFailure() throws Exception {
        WaitingTurn turn = new WaitingTurn() {
            @Override
            public void runOnce() {
                throw new WakeupException();
            }
        };
        started(turn);
        assertTrue(fatal.first(LIMIT).cause() instanceof WakeupException);
    }

    @Test
    void anUnexpectedThrowableIsReportedOnceAndCloses() throws Exception {
        for (Throwable thrown : List.of(new IllegalStateException("a bug"), new AssertionError("a worse one"))) {
            RecordingFatal own = new RecordingFatal();
            AtomicInteger turns = new AtomicInteger();
            WaitingTurn turn = new WaitingTurn() {
                @Override
                public void runOnce() throws Exception {
                    turns.incrementAndGet();
                    if (thrown instanceof Error error) {
                        throw error;
                    }
                    throw (Exception) thrown;
                }
            };
            OwnerLoop loop = new OwnerLoop("loop", turn, own).start();

            assertEquals("loop", own.first(LIMIT).who());
            assertTrue(turn.closed.await(30, TimeUnit.SECONDS));
            loop.stop(LIMIT);
            assertEquals(1, own.reports().size());
            assertSame(thrown, own.reports().getFirst().cause());
            assertEquals(1, turns.get(), "a bug is not retried");
            assertEquals(1, turn.closes.get());
        }
    }

    @Test
    void aFailingCloseStillEndsTheLoop() throws Exception {
        WaitingTurn turn = new WaitingTurn() {
            @Override
            public void close() throws Exception {
                super.close();
                throw new IllegalStateException("cannot close");
            }
        };
        OwnerLoop loop = started(turn);
        assertTrue(turn.waiting.await(30, TimeUnit.SECONDS));

        loop.stop(LIMIT);
        assertEquals(1, turn.closes.get());
    }

    @Test
    void aTurnThatHeedsNoWakeupIsInterruptedAfterTheLimitAndClosesClean() throws Exception {
        AtomicInteger flagsAtClose = new AtomicInteger();
        WaitingTurn turn = new WaitingTurn() {
            @Override
            public void runOnce() throws Exception {
                waiting.countDown();
                never.await();
            }

            @Override
            public void close() throws Exception {
                flagsAtClose.set(Thread.currentThread().isInterrupted() ? 1 : 0);
                super.close();
            }
        };
        OwnerLoop loop = started(turn);
        assertTrue(turn.waiting.await(30, TimeUnit.SECONDS));

        String message = assertThrows(IllegalStateException.class, () -> loop.stop(Duration.ofMillis(1)))
                .getMessage();
        assertEquals("loop has not ended within PT0.001S", message);
        assertTrue(turn.closed.await(30, TimeUnit.SECONDS), "the interrupt ends it");
        assertEquals(0, flagsAtClose.get(), "Kafka clients refuse to close while the flag is up");
        assertEquals(List.of(), fatal.reports());
    }

    @Test
    void stopFromWithinATurnDoesNotWaitForItself() throws Exception {
        OwnerLoop[] loop = new OwnerLoop[1];
        CountDownLatch known = new CountDownLatch(1);
        WaitingTurn turn = new WaitingTurn() {
            @Override
            public void runOnce() throws Exception {
                known.await();
                loop[0].stop(LIMIT);
            }
        };
        loop[0] = started(turn);
        known.countDown();
        assertTrue(turn.closed.await(30, TimeUnit.SECONDS));
        assertEquals(List.of(), fatal.reports());
    }
}
