package io.millrace.worker.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.topics.Lane;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DispatcherTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void aFreedSlotWakesTheClaimer() throws Exception {
        Dispatcher<String> dispatcher = new Dispatcher<>(1, 1, 1, 10, (group, sample) -> {});
        dispatcher.preparing(Lane.TRAINING);
        dispatcher.offer("a", 1, Lane.TRAINING);
        dispatcher.preparing(Lane.TRAINING);
        dispatcher.offer("b", 1, Lane.TRAINING);
        assertEquals(0, dispatcher.awaitWanted(Lane.TRAINING, Duration.ZERO));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var wanted = threads.submit(() -> dispatcher.awaitWanted(Lane.TRAINING, LONG));
            dispatcher.release(Lane.TRAINING);
            assertEquals(1, wanted.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void unpublishedGroupsHoldClaimingBack() throws Exception {
        Dispatcher<String> dispatcher = new Dispatcher<>(4, 1, 2, 1, (group, sample) -> {});
        dispatcher.generated();
        assertEquals(0, dispatcher.awaitWanted(Lane.TRAINING, Duration.ZERO));
        assertEquals("publication of 1 groups", dispatcher.holdReason(Lane.TRAINING));
        dispatcher.published();
        assertEquals(2, dispatcher.awaitWanted(Lane.TRAINING, Duration.ZERO));
    }

    @Test
    void drainingClaimsNothingAndWaitsForWhatRuns() throws Exception {
        Dispatcher<String> dispatcher = new Dispatcher<>(4, 1, 2, 8, (group, sample) -> {});
        dispatcher.preparing(Lane.TRAINING);
        dispatcher.offer("a", 1, Lane.TRAINING);
        dispatcher.stopClaiming();
        assertEquals(0, dispatcher.awaitWanted(Lane.TRAINING, Duration.ZERO));
        assertFalse(dispatcher.awaitIdle(Duration.ZERO));
        dispatcher.generated();
        dispatcher.release(Lane.TRAINING);
        assertFalse(dispatcher.awaitIdle(Duration.ZERO), "its result is not published yet");
        dispatcher.published();
        assertTrue(dispatcher.awaitIdle(Duration.ZERO));
    }

    /** Split counting: in-flight is raised by the starter and lowered by the runner, so a leak or excess shows. */
    @Test
    void underACrowdOfThreadsSlotsAreNeverExceededAndNeverLost() throws Exception {
        int slots = 16;
        int groups = 3_000;
        int samples = 4;
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger highest = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(groups * samples);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            AtomicInteger startedCount = new AtomicInteger();
            var holder = new Object() {
                Dispatcher<Integer> dispatcher;
            };
            holder.dispatcher = new Dispatcher<>(slots, 1, 4, 1_000, (group, sample) -> {
                highest.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                startedCount.incrementAndGet();
                threads.execute(() -> {
                    inFlight.decrementAndGet();
                    holder.dispatcher.release(Lane.TRAINING);
                    ended.countDown();
                });
            });
            for (int offering = 0; offering < 3; offering++) {
                int base = offering * (groups / 3);
                threads.execute(() -> {
                    for (int group = 0; group < groups / 3; group++) {
                        holder.dispatcher.preparing(Lane.TRAINING);
                        holder.dispatcher.offer(base + group, samples, group % 7 == 0 ? Lane.URGENT : Lane.TRAINING);
                    }
                });
            }
            assertTrue(ended.await(60, TimeUnit.SECONDS), "only " + startedCount + " samples started");
            assertTrue(highest.get() <= slots, "in flight at once: " + highest);
            assertEquals(0, holder.dispatcher.slotsInUse());
        }
    }
}
