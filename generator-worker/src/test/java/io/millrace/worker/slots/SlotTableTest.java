package io.millrace.worker.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        SlotTable<String> table = new SlotTable<>(3, 2);
        assertEquals(List.of(start("a", 0), start("a", 1)), offer(table, "a", 2, false));
        assertEquals(List.of(start("b", 0)), offer(table, "b", 2, false));
        assertEquals(List.of(), offer(table, "c", 1, false));
        assertEquals(List.of(start("b", 1)), table.release());
        assertEquals(List.of(start("c", 0)), table.release());
        assertEquals(3, table.inUse());
    }

    @Test
    void aFinishedSiblingsSlotGoesToTheNextGroup() {
        SlotTable<String> table = new SlotTable<>(2, 2);
        offer(table, "slow", 2, false);
        offer(table, "next", 2, false);
        assertEquals(List.of(start("next", 0)), table.release());
    }

    @Test
    void groupsAreWantedWhileFewerThanPrefetchWaitUnstarted() {
        SlotTable<String> table = new SlotTable<>(1, 2);
        assertEquals(2, table.claimsWanted());
        offer(table, "running", 1, false);
        assertEquals(2, table.claimsWanted());
        offer(table, "b", 1, false);
        assertEquals(1, table.claimsWanted());
        offer(table, "c", 1, false);
        offer(table, "d", 1, false);
        assertEquals(0, table.claimsWanted());
    }

    @Test
    void anUrgentGroupStartsNextButNotBeforeAGroupAlreadyBegun() {
        SlotTable<String> table = new SlotTable<>(1, 4);
        offer(table, "begun", 2, false);
        offer(table, "waiting", 1, false);
        offer(table, "urgent", 1, true);
        offer(table, "urgent2", 1, true);
        List<SlotTable.Start<String>> order = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            order.addAll(table.release());
        }
        assertEquals(List.of(start("begun", 1), start("urgent", 0), start("urgent2", 0), start("waiting", 0)), order);
    }

    @Test
    void aWithdrawnGroupStartsNothingMore() {
        SlotTable<String> table = new SlotTable<>(2, 2);
        offer(table, "failing", 5, false);
        offer(table, "next", 1, false);
        assertEquals(3, table.withdraw("failing"));
        assertEquals(List.of(start("next", 0)), table.release());
        assertEquals(0, table.withdraw("failing"));
    }

    @Test
    void aSlotGivenBackTwiceIsABug() {
        SlotTable<String> table = new SlotTable<>(1, 1);
        assertThrows(IllegalStateException.class, table::release);
    }

    @Test
    void boundedWhateverTheOrderOfEvents() {
        for (int seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int slots = 1 + random.nextInt(40);
            SlotTable<Integer> table = new SlotTable<>(slots, 1 + random.nextInt(8));
            Map<Integer, Set<Integer>> startedSamples = new HashMap<>();
            Map<Integer, Integer> sizes = new HashMap<>();
            int running = 0;
            int unstarted = 0;
            for (int event = 0; event < 500; event++) {
                List<SlotTable.Start<Integer>> starts;
                int choice = random.nextInt(10);
                if (choice < 4) {
                    int size = 1 + random.nextInt(16);
                    sizes.put(event, size);
                    unstarted += size;
                    starts = offer(table, event, size, random.nextInt(5) == 0);
                } else if (choice < 9 && running > 0) {
                    running--;
                    starts = table.release();
                } else if (choice == 9 && !sizes.isEmpty()) {
                    Integer victim = new ArrayList<>(sizes.keySet()).get(random.nextInt(sizes.size()));
                    unstarted -= table.withdraw(victim);
                    starts = List.of();
                } else {
                    continue;
                }
                running += starts.size();
                unstarted -= starts.size();
                for (SlotTable.Start<Integer> start : starts) {
                    assertTrue(
                            startedSamples
                                    .computeIfAbsent(start.group(), group -> new HashSet<>())
                                    .add(start.sample()),
                            "a sample started twice");
                }
                assertEquals(running, table.inUse());
                assertTrue(running <= slots, "more samples in flight than slots");
                assertTrue(running == slots || unstarted == 0, "a free slot while " + unstarted + " samples wait");
            }
        }
    }

    @Test
    void aGroupBeingPreparedCountsAsClaimed() {
        SlotTable<String> table = new SlotTable<>(1, 2);
        table.preparing();
        assertEquals(1, table.claimsWanted());
        table.unprepared();
        assertEquals(2, table.claimsWanted());
        assertThrows(IllegalStateException.class, table::unprepared);
    }

    private static <G> List<SlotTable.Start<G>> offer(SlotTable<G> table, G group, int samples, boolean urgent) {
        table.preparing();
        return table.offer(group, samples, urgent);
    }

    private static SlotTable.Start<String> start(String group, int sample) {
        return new SlotTable.Start<>(group, sample);
    }
}
