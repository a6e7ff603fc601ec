package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whole runs, made up by {@link RandomRun}, are fed to a ledger topic by topic in any interleaving. Whatever the order,
 * every published group is in exactly one state, counts add up, nothing settled comes back, and the end is the same.
 */
class LedgerRandomOrderTest {
    private static final int RUNS = 40;
    private static final int ACTIONS_PER_RUN = 8_000;

    @Test
    void inAnyOrderOfTopicsEveryPublishedGroupIsInExactlyOneState() {
        long events = 0;
        for (long seed = 0; seed < RUNS; seed++) {
            RandomRun run = new RandomRun(seed);
            for (int i = 0; i < ACTIONS_PER_RUN; i++) {
                run.act();
            }
            run.end();
            events += new Feed(run, seed).feed();
        }
        assertTrue(events >= 200_000, "events: " + events);
    }

    private static final class Feed {
        private final RandomRun run;
        private final Random random;
        private final String where;
        private final Ledger ledger = new Ledger();
        private final BitSet published = new BitSet();
        private final BitSet settled = new BitSet();

        Feed(RandomRun run, long seed) {
            this.run = run;
            this.random = new Random(~seed);
            this.where = "seed " + seed;
        }

        long feed() {
            List<Deque<RandomRun.Event>> topics = new ArrayList<>();
            run.topics().values().forEach(events -> topics.add(new ArrayDeque<>(events)));
            long events = 0;
            // Each topic has its turn for a while, so that some run far ahead of others.
            while (!topics.isEmpty()) {
                Deque<RandomRun.Event> topic = topics.get(random.nextInt(topics.size()));
                int turns = 1 + random.nextInt(1 << random.nextInt(12));
                for (int i = 0; i < turns && !topic.isEmpty(); i++) {
                    RandomRun.Event event = topic.poll();
                    event.feed().accept(ledger);
                    event.publishes().ifPresent(published::set);
                    event.settles().forEach(settled::set);
                    checkCounts();
                    if (++events % 997 == 0) {
                        checkEveryGroup();
                    }
                }
                topics.removeIf(Deque::isEmpty);
            }
            checkEveryGroup();
            checkEnd();
            return events;
        }

        private void checkCounts() {
            LedgerCounts counts = ledger.counts();
            BitSet unsettled = (BitSet) published.clone();
            unsettled.andNot(settled);
            assertEquals(published.cardinality(), counts.published(), where);
            assertEquals(unsettled.cardinality(), counts.unsettled(), where);
            assertEquals(settled.cardinality(), counts.settled(), where);
            assertEquals(settled.nextClearBit(0), counts.lowWaterMark(), where);
        }

        private void checkEveryGroup() {
            Map<GroupState.Kind, Long> byKind = new EnumMap<>(GroupState.Kind.class);
            for (int i = 0; i < run.published(); i++) {
                GroupIndex index = new GroupIndex(i);
                GroupState state = ledger.state(index);
                assertEquals(settled.get(i), ledger.isSettled(index), where);
                if (settled.get(i)) {
                    assertNull(state, where);
                } else if (published.get(i)) {
                    assertNotNull(state, where);
                    assertTrue(state.kind() != GroupState.Kind.ANNOUNCED, where);
                }
                if (state != null) {
                    byKind.merge(state.kind(), 1L, Long::sum);
                }
            }
            LedgerCounts counts = ledger.counts();
            assertEquals(byKind.getOrDefault(GroupState.Kind.ANNOUNCED, 0L), counts.announced(), where);
            assertEquals(byKind.getOrDefault(GroupState.Kind.QUEUED, 0L), counts.queued(), where);
            assertEquals(byKind.getOrDefault(GroupState.Kind.IN_FLIGHT, 0L), counts.inFlight(), where);
            assertEquals(byKind.getOrDefault(GroupState.Kind.FINISHED, 0L), counts.finished(), where);
            assertEquals(byKind.getOrDefault(GroupState.Kind.FAILED, 0L), counts.failed(), where);
            assertTrue(ledger.settledRanges() <= settled.length() - settled.cardinality() + 1, where);
        }

        private void checkEnd() {
            assertEquals(0, ledger.counts().announced(), where);
            for (int i = 0; i < run.published(); i++) {
                GroupState state = ledger.state(new GroupIndex(i));
                assertEquals(run.expected(i), state == null ? null : state.kind(), where + " group " + i);
            }
            assertEquals(run.totals(), ledger.totals(), where);
        }
    }
}
