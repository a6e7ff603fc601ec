package io.millrace.worker.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.topics.Lane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Invariant 1, Bounded: never more samples in flight than slots, nor fewer while samples wait. */
class SlotTableTest {
    @Test
    void samplesStartInOrderOfClaimUntilSlotsAreFull() {
        SlotTable<String> table = new SlotTable<>(3, 1, 2);
        assertEquals(List.of(start("a", 0), start("a", 1)), offer(table, "a", 2, Lane.TRAINING));
        assertEquals(List.of(start("b", 0)), offer(table, "b", 2, Lane.TRAINING));
        assertEquals(List.of(), offer(table, "c", 1, Lane.TRAINING));
        assertEquals(List.of(start("b", 1)), table.release(Lane.TRAINING));
        assertEquals(List.of(start("c", 0)), table.release(Lane.TRAINING));
        assertEquals(3, table.inUse());
    }

    @Test
    void aFinishedSiblingsSlotGoesToTheNextGroup() {
        SlotTable<String> table = new SlotTable<>(2, 1, 2);
        offer(table, "slow", 2, Lane.TRAINING);
        offer(table, "next", 2, Lane.TRAINING);
        assertEquals(List.of(start("next", 0)), table.release(Lane.TRAINING));
    }

    @Test
    void groupsAreWantedWhileFewerThanPrefetchWaitUnstarted() {
        SlotTable<String> table = new SlotTable<>(1, 1, 2);
        assertEquals(2, table.claimsWanted(Lane.TRAINING));
        offer(table, "running", 1, Lane.TRAINING);
        assertEquals(2, table.claimsWanted(Lane.TRAINING));
        offer(table, "b", 1, Lane.TRAINING);
        assertEquals(1, table.claimsWanted(Lane.TRAINING));
        offer(table, "c", 1, Lane.TRAINING);
        offer(table, "d", 1, Lane.TRAINING);
        assertEquals(0, table.claimsWanted(Lane.TRAINING));
    }

    @Test
    void anUrgentGroupStartsNextButNotBeforeAGroupAlreadyBegun() {
        SlotTable<String> table = new SlotTable<>(1, 1, 4);
        offer(table, "begun", 2, Lane.TRAINING);
        offer(table, "waiting", 1, Lane.TRAINING);
        offer(table, "urgent", 1, Lane.URGENT);
        offer(table, "urgent2", 1, Lane.URGENT);
        List<Slots.Grant<String>> order = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            order.addAll(table.release(Lane.TRAINING));
        }
        assertEquals(List.of(start("begun", 1), start("urgent", 0), start("urgent2", 0), start("waiting", 0)), order);
    }

    @Test
    void aWithdrawnGroupStartsNothingMore() {
        SlotTable<String> table = new SlotTable<>(2, 1, 2);
        offer(table, "failing", 5, Lane.TRAINING);
        offer(table, "next", 1, Lane.TRAINING);
        assertEquals(3, table.withdraw("failing"));
        assertEquals(List.of(start("next", 0)), table.release(Lane.TRAINING));
        assertEquals(0, table.withdraw("failing"));
    }

    @Test
    void aSlotGivenBackTwiceIsABug() {
        SlotTable<String> table = new SlotTable<>(1, 1, 1);
        assertThrows(IllegalStateException.class, () -> table.release(Lane.TRAINING));
    }

    @Test
    void evaluationsStartBeforeTrainingAndKeepToTheirShare() {
        SlotTable<String> table = new SlotTable<>(4, 2, 4);
        offer(table, "training", 3, Lane.TRAINING);
        assertEquals(List.of(start("evaluation", 0)), offer(table, "evaluation", 4, Lane.EVALUATION));
        offer(table, "next", 2, Lane.TRAINING);
        assertEquals(List.of(start("evaluation", 1)), table.release(Lane.TRAINING));
        assertEquals(List.of(start("next", 0)), table.release(Lane.TRAINING), "its share is used up");
        assertEquals(2, table.evaluationInUse());
        assertEquals(List.of(start("evaluation", 2)), table.release(Lane.EVALUATION));
    }

    @Test
    void evaluationsAreWantedApartFromTrainingAndNeverWithoutAShare() {
        SlotTable<String> table = new SlotTable<>(1, 1, 2);
        offer(table, "running", 1, Lane.TRAINING);
        offer(table, "b", 1, Lane.TRAINING);
        offer(table, "c", 1, Lane.URGENT);
        assertEquals(0, table.claimsWanted(Lane.TRAINING));
        assertEquals(2, table.claimsWanted(Lane.EVALUATION));
        table.preparing(Lane.EVALUATION);
        assertEquals(1, table.claimsWanted(Lane.EVALUATION));
        assertEquals(0, new SlotTable<String>(8, 0, 2).claimsWanted(Lane.EVALUATION));
    }

    @Test
    void boundedWhateverTheOrderOfEvents() {
        for (int seed = 0; seed < 200; seed++) {
            new RandomRun(new SplittableRandom(seed)).run();
        }
    }

    /** Events in any order, and after each the invariants. */
    private static final class RandomRun {
        private final SplittableRandom random;
        private final int slots;
        private final int evaluationSlots;
        private final SlotTable<Integer> table;
        private final Map<Integer, Set<Integer>> started = new HashMap<>();
        private final Map<Integer, Lane> lanes = new HashMap<>();
        private final Map<Boolean, Integer> running = new HashMap<>(Map.of(true, 0, false, 0));
        private final Map<Boolean, Integer> waiting = new HashMap<>(Map.of(true, 0, false, 0));

        RandomRun(SplittableRandom random) {
            this.random = random;
            this.slots = 1 + random.nextInt(40);
            this.evaluationSlots = random.nextInt(slots + 1);
            this.table = new SlotTable<>(slots, evaluationSlots, 1 + random.nextInt(8));
        }

        void run() {
            for (int event = 0; event < 500; event++) {
                for (Slots.Grant<Integer> start : event(event)) {
                    assertTrue(
                            started.computeIfAbsent(start.group(), group -> new HashSet<>())
                                    .add(start.sample()),
                            "a sample started twice");
                    boolean evaluation = lanes.get(start.group()) == Lane.EVALUATION;
                    running.merge(evaluation, 1, Integer::sum);
                    waiting.merge(evaluation, -1, Integer::sum);
                }
                check();
            }
        }

        private List<Slots.Grant<Integer>> event(int event) {
            int choice = random.nextInt(10);
            if (choice < 4) {
                int size = 1 + random.nextInt(16);
                Lane lane = List.of(Lane.URGENT, Lane.EVALUATION, Lane.TRAINING).get(random.nextInt(3));
                lanes.put(event, lane);
                waiting.merge(lane == Lane.EVALUATION, size, Integer::sum);
                return offer(table, event, size, lane);
            }
            if (choice < 9) {
                Lane lane = random.nextBoolean() ? Lane.EVALUATION : Lane.TRAINING;
                if (running.get(lane == Lane.EVALUATION) == 0) {
                    return List.of();
                }
                running.merge(lane == Lane.EVALUATION, -1, Integer::sum);
                return table.release(lane);
            }
            if (!lanes.isEmpty()) {
                Integer victim = new ArrayList<>(lanes.keySet()).get(random.nextInt(lanes.size()));
                waiting.merge(lanes.get(victim) == Lane.EVALUATION, -table.withdraw(victim), Integer::sum);
            }
            return List.of();
        }

        private void check() {
            int all = running.get(true) + running.get(false);
            assertEquals(all, table.inUse());
            assertEquals(running.get(true), table.evaluationInUse());
            assertTrue(all <= slots, "more samples in flight than slots");
            assertTrue(running.get(true) <= evaluationSlots, "more samples of evaluations than their share");
            assertTrue(
                    all == slots || waiting.get(false) == 0,
                    "a free slot while " + waiting.get(false) + " samples wait");
            assertTrue(
                    all == slots || running.get(true) == evaluationSlots || waiting.get(true) == 0,
                    "a free slot of evaluations while " + waiting.get(true) + " of their samples wait");
        }
    }

    @Test
    void aGroupBeingPreparedCountsAsClaimed() {
        SlotTable<String> table = new SlotTable<>(1, 1, 2);
        table.preparing(Lane.TRAINING);
        assertEquals(1, table.claimsWanted(Lane.TRAINING));
        table.unprepared(Lane.TRAINING);
        assertEquals(2, table.claimsWanted(Lane.TRAINING));
        assertThrows(IllegalStateException.class, () -> table.unprepared(Lane.TRAINING));
    }

    private static <G> List<Slots.Grant<G>> offer(SlotTable<G> table, G group, int samples, Lane lane) {
        table.preparing(lane);
        return table.offer(group, samples, lane);
    }

    private static Slots.Grant<String> start(String group, int sample) {
        return new Slots.Grant<>(group, sample);
    }
}
