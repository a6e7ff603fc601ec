package io.millrace.producer.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.producer.scale.WorkersWanted.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersWantedTest {
    private static final int SLOTS = 32;
    private static final Duration UP = Duration.ofSeconds(30);
    private static final Duration DOWN = Duration.ofMinutes(2);

    private final WorkersWanted policy = new WorkersWanted(new ScalingRules(1, 8, UP, DOWN));
    private long nowMs;

    /** The same for so long, told every second. */
    private int runs(Duration time, int workers, double use, long queuedSamples, boolean trainerWaits) {
        long untilMs = nowMs + time.toMillis();
        while (nowMs < untilMs) {
            nowMs += 1_000;
            long inUse = Math.round(use * workers * SLOTS);
            policy.at(
                    new Moment(
                            new Fleet.Size(workers, (long) workers * SLOTS, inUse),
                            queuedSamples,
                            queuedSamples == 0 ? 0 : 60_000,
                            trainerWaits),
                    nowMs);
        }
        return policy.wanted().workers();
    }

    @Test
    void moreAreWantedWhenSlotsAreFullTasksWaitAndTheTrainerWaits() {
        assertEquals(2, runs(UP.minusSeconds(5), 2, 1, 1_000, true));
        assertEquals(4, runs(UP, 2, 1, 1_000, true), "twice as many at most");
        assertEquals(4, runs(UP.multipliedBy(20), 2, 1, 1_000, true), "a signal that nobody follows does not run away");
        assertEquals(3, runs(UP.multipliedBy(2), 2, 1, 8, true), "no more than have something to do");
    }

    @Test
    void moreAreNotWantedWhileTheTrainerHasItsBatchesInTime() {
        assertEquals(2, runs(DOWN, 2, 1, 1_000, false));
    }

    @Test
    void fewerAreWantedWhenSlotsAreIdleOnAverage() {
        assertEquals(4, runs(DOWN.minusSeconds(5), 4, 0.3, 0, false));
        assertEquals(2, runs(DOWN, 4, 0.3, 0, false));
        assertEquals(1, runs(DOWN.multipliedBy(3), 4, 0, 0, true), "never fewer than the least");
    }

    @Test
    void stepsInWavesLeaveTheFleetAsItIs() {
        for (int wave = 0; wave < 20; wave++) {
            runs(Duration.ofSeconds(20), 4, 1, 500, true);
            assertEquals(4, runs(Duration.ofSeconds(10), 4, 0.1, 0, false));
        }
    }

    @Test
    void aWorkerThatDiesIsStillWanted() {
        runs(DOWN, 4, 0.8, 100, true);
        assertEquals(4, runs(DOWN.minusSeconds(5), 3, 0.8, 100, true));
        assertEquals(3, runs(DOWN, 3, 0.8, 100, true), "until nobody has put it back for long");
    }

    @Test
    void theBoundsHoldAndAreSaid() {
        runs(DOWN, 8, 1, 10_000, true);
        assertEquals(8, policy.wanted().workers());
        assertTrue(
                policy.wanted().why().contains("from 1 to 8"), policy.wanted().why());
    }

    @Test
    void withoutAWorkerOneIsWantedOnceTasksWait() {
        WorkersWanted none = new WorkersWanted(new ScalingRules(0, 8, UP, DOWN));
        Fleet.Size empty = new Fleet.Size(0, 0, 0);
        assertEquals(0, none.at(new Moment(empty, 0, 0, true), 0).workers());
        assertEquals(1, none.at(new Moment(empty, 8, 0, true), 1_000).workers());
    }

    /** Load that jumps at random, workers that follow the signal after a while or die: the signal turns round seldom. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void itNeverTurnsRoundTwiceWithinTheWindowWhateverTheLoad(long seed) {
        Random random = new Random(seed);
        List<Long> turnsMs = new ArrayList<>();
        int workers = 1 + random.nextInt(8);
        int before = -1;
        int direction = 0;
        double load = random.nextDouble() * 8;
        for (int second = 0; second < 20_000; second++) {
            nowMs += 1_000;
            if (random.nextInt(90) == 0) {
                load = random.nextDouble() * 10;
            }
            double use = Math.min(1, load / workers);
            long queued = load > workers ? Math.round((load - workers) * SLOTS) + random.nextInt(8) : 0;
            Fleet.Size fleet = new Fleet.Size(workers, (long) workers * SLOTS, Math.round(use * workers * SLOTS));
            int wanted = policy.at(new Moment(fleet, queued, queued == 0 ? 0 : 40_000, random.nextInt(3) > 0), nowMs)
                    .workers();
            if (before >= 0 && wanted != before) {
                int now = Integer.signum(wanted - before);
                if (direction != 0 && now != direction) {
                    turnsMs.add(nowMs);
                }
                direction = now;
            }
            before = wanted;
            if (random.nextInt(20) == 0) {
                workers = Math.max(1, wanted);
            } else if (random.nextInt(700) == 0) {
                workers = Math.max(1, workers - 1);
            }
        }
        for (int i = 1; i < turnsMs.size(); i++) {
            assertTrue(turnsMs.get(i) - turnsMs.get(i - 1) >= DOWN.toMillis(), "turned round at " + turnsMs);
        }
        assertTrue(!turnsMs.isEmpty(), "the load changes");
    }
}
