package io.millrace.worker.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.topics.Lane;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SlotsTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private static SlotSettings settings(int slots, int prefetch, int unpublishedMax) {
        return new SlotSettings(slots, 0.25, prefetch, unpublishedMax);
    }

    @Test
    void aFreedSlotWakesTheClaimer() throws Exception {
        Slots<String> slots = new Slots<>(settings(1, 1, 10));
        slots.preparing(Lane.TRAINING);
        slots.offer("a", 1, Lane.TRAINING);
        slots.preparing(Lane.TRAINING);
        slots.offer("b", 1, Lane.TRAINING);
        assertEquals(0, slots.awaitWanted(Lane.TRAINING, Duration.ZERO));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var wanted = threads.submit(() -> slots.awaitWanted(Lane.TRAINING, LONG));
            slots.release(Lane.TRAINING);
            assertEquals(1, wanted.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void unpublishedGroupsHoldClaimingBack() throws Exception {
        Slots<String> slots = new Slots<>(settings(4, 2, 1));
        slots.generated();
        assertEquals(0, slots.awaitWanted(Lane.TRAINING, Duration.ZERO));
        assertEquals("publication of 1 groups", slots.holdReason(Lane.TRAINING));
        slots.published();
        assertEquals(2, slots.awaitWanted(Lane.TRAINING, Duration.ZERO));
    }

    @Test
    void drainingClaimsNothingAndWaitsForWhatRuns() throws Exception {
        Slots<String> slots = new Slots<>(settings(4, 2, 8));
        slots.preparing(Lane.TRAINING);
        slots.offer("a", 1, Lane.TRAINING);
        slots.stopClaiming();
        assertEquals(0, slots.awaitWanted(Lane.TRAINING, Duration.ZERO));
        assertFalse(slots.awaitIdle(Duration.ZERO));
        slots.generated();
        slots.release(Lane.TRAINING);
        assertFalse(slots.awaitIdle(Duration.ZERO), "its result is not published yet");
        slots.published();
        assertTrue(slots.awaitIdle(Duration.ZERO));
    }

    /** Split counting: in-flight is raised by whoever starts and lowered by the runner, so a leak or excess shows. */
    @Test
    void underACrowdOfThreadsSlotsAreNeverExceededAndNeverLost() throws Exception {
        int count = 16;
        int groups = 3_000;
        int samples = 4;
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger highest = new AtomicInteger();
        AtomicInteger startedCount = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(groups * samples);
        Slots<Integer> slots = new Slots<>(settings(count, 4, 1_000));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var starter = new Object() {
                void start(List<Slots.Grant<Integer>> grants) {
                    for (int i = 0; i < grants.size(); i++) {
                        highest.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                        startedCount.incrementAndGet();
                        threads.execute(() -> {
                            inFlight.decrementAndGet();
                            start(slots.release(Lane.TRAINING));
                            ended.countDown();
                        });
                    }
                }
            };
            for (int offering = 0; offering < 3; offering++) {
                int base = offering * (groups / 3);
                threads.execute(() -> {
                    for (int group = 0; group < groups / 3; group++) {
                        slots.preparing(Lane.TRAINING);
                        starter.start(slots.offer(base + group, samples, group % 7 == 0 ? Lane.URGENT : Lane.TRAINING));
                    }
                });
            }
            assertTrue(ended.await(60, TimeUnit.SECONDS), "only " + startedCount + " samples started");
            assertTrue(highest.get() <= count, "in flight at once: " + highest);
            assertEquals(0, slots.slotsInUse());
        }
    }
}
