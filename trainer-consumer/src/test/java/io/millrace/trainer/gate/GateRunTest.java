package io.millrace.trainer.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.trainer.collect.FinishedGroup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Invariant 4, fresh: runs of admission, generation with a long tail, and training, in simulated time. With {@code wait}
 * no group is ever past the bound, so that nothing is discarded, and the run never stands still.
 */
class GateRunTest {
    private static final int SEEDS = 12;
    private static final int STEPS = 150;
    private static final int SLOTS = 24;

    /** Groups of a run; those in generation end in the order of their time. */
    private static final class Run {
        private record Generating(double end, long index, long version) {}

        private final String name;
        private final Capacity capacity;
        private final StalenessGate gate;
        private final int maxStaleness;
        private final Random random;
        private final int stepsPerVersionTaken;
        private final TasksOut out = new TasksOut();
        private final Groups finished = new Groups();
        private final Set<Long> settled = new HashSet<>();
        private final List<long[]> queue = new ArrayList<>();
        private final PriorityQueue<Generating> generating =
                new PriorityQueue<>(Comparator.comparingDouble(Generating::end));
        private double now;
        private long published;
        private long trained;
        private long trainedAtVersion;
        private long discarded;
        private long version;
        private long stepsInVersion;
        private long stalest;

        private final boolean mask;
        private long masked;

        Run(String name, Capacity capacity, int maxStaleness, OnStale onStale, BatchOrder order, int taken, int seed) {
            this(name, capacity, maxStaleness, onStale, order, false, taken, seed);
        }

        /** @param mask whether tokens past the bound are masked; then a group's last tokens are of the version at its end */
        Run(
                String name,
                Capacity capacity,
                int maxStaleness,
                OnStale onStale,
                BatchOrder order,
                boolean mask,
                int taken,
                int seed) {
            this.mask = mask;
            this.name = name + " seed " + seed;
            this.capacity = capacity;
            this.maxStaleness = maxStaleness;
            this.gate = new StalenessGate(maxStaleness, onStale, order, mask, capacity);
            this.stepsPerVersionTaken = taken;
            this.random = new Random(seed);
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                BatchChoice choice = next();
                while (!(choice instanceof BatchChoice.Ready)) {
                    assertTrue(!generating.isEmpty(), name + ": stands still at step " + step + ": " + choice);
                    end(generating.remove());
                    choice = next();
                }
                train(((BatchChoice.Ready) choice).groups());
            }
        }

        private BatchChoice next() {
            admit();
            List<FinishedGroup> stale = gate.stale(finished.all(), Set.of(), new WeightVersion(version));
            finished.remove(stale);
            stale.forEach(group -> {
                settled.add(group.groupIndex().value());
                out.settled(group.groupIndex());
            });
            discarded += stale.size();
            admit();
            return gate.choose(new StalenessGate.Standing(
                    finished.all(),
                    out,
                    Set.of(),
                    new Groups.Settled(settled),
                    lowWaterMark(),
                    new WeightVersion(version),
                    stepsInVersion));
        }

        private long lowWaterMark() {
            long mark = 0;
            while (settled.contains(mark)) {
                mark++;
            }
            return mark;
        }

        private void admit() {
            while (published < capacity.admissibleUpTo(trainedAtVersion, discarded, 0)) {
                out.issued(Groups.task(published, 1, version), false);
                queue.add(new long[] {published++, version});
            }
            while (generating.size() < SLOTS && !queue.isEmpty()) {
                long[] task = queue.removeFirst();
                generating.add(new Generating(now + Math.exp(random.nextGaussian()), task[0], task[1]));
            }
        }

        private void end(Generating group) {
            now = Math.max(now, group.end());
            finished.add(group.index(), group.version(), mask ? version : group.version());
            out.finished(new GroupIndex(group.index()), true);
            admit();
        }

        private void train(List<FinishedGroup> groups) {
            assertEquals(capacity.batchGroups(), groups.size(), name);
            for (FinishedGroup group : groups) {
                WeightVersion below = gate.maskBelow(new WeightVersion(version));
                WeightVersion oldest = StalenessFigures.unmasked(group.oldestVersion(), below);
                masked += oldest.equals(group.oldestVersion()) ? 0 : 1;
                assertTrue(oldest.compareTo(group.newestVersion()) <= 0, name + ": a group with every token masked");
                long staleness = version - oldest.value();
                assertTrue(staleness <= maxStaleness, name + ": a group of staleness " + staleness);
                stalest = Math.max(stalest, staleness);
                assertTrue(settled.add(group.groupIndex().value()), name + ": trained twice");
                out.settled(group.groupIndex());
            }
            finished.remove(groups);
            trained += groups.size();
            double end = now + 0.2;
            while (!generating.isEmpty() && generating.element().end() <= end) {
                end(generating.remove());
            }
            now = end;
            if (++stepsInVersion == stepsPerVersionTaken) {
                version++;
                stepsInVersion = 0;
                trainedAtVersion = trained;
            }
        }
    }

    private static Run run(
            int depth, int maxStaleness, int stepsPerVersion, OnStale onStale, BatchOrder order, int seed) {
        String name = "depth " + depth + " bound " + maxStaleness + " steps " + stepsPerVersion + " " + order;
        Run run = new Run(
                name, new Capacity(4, depth, stepsPerVersion), maxStaleness, onStale, order, stepsPerVersion, seed);
        run.run();
        return run;
    }

    @Test
    void waitingKeepsTheBoundAndThrowsNothingAway() {
        long stalest = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            for (BatchOrder order : List.of(BatchOrder.OLDEST_FIRST, BatchOrder.COMPLETION_ORDER)) {
                for (int stepsPerVersion = 1; stepsPerVersion <= 3; stepsPerVersion++) {
                    for (int[] bound : new int[][] {{0, 0}, {1, 1}, {1, 4}, {3, 5}}) {
                        Run run = run(bound[0], bound[1], stepsPerVersion, OnStale.WAIT, order, seed);
                        assertEquals(0, run.discarded, run.name);
                        stalest = Math.max(stalest, run.stalest);
                    }
                }
            }
        }
        assertTrue(stalest == 5, "the widest bound is made use of: " + stalest);
    }

    @Test
    void discardingKeepsTheBoundToo() {
        long discarded = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            discarded += run(1, 1, 1, OnStale.DISCARD, BatchOrder.COMPLETION_ORDER, seed).discarded;
        }
        assertTrue(discarded > 100, discarded + " groups discarded");
    }

    @Test
    void maskingKeepsTheBoundOnWhatIsTrainedAndNeedsNoWaitingAndHardlyADiscard() {
        long masked = 0;
        long discarded = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            for (OnStale onStale : OnStale.values()) {
                Run run = new Run(
                        "masking " + onStale,
                        new Capacity(4, 1, 1),
                        1,
                        onStale,
                        BatchOrder.OLDEST_FIRST,
                        true,
                        1,
                        seed);
                run.run();
                masked += run.masked;
                discarded += run.discarded;
                assertTrue(onStale == OnStale.DISCARD || run.discarded == 0, run.name);
            }
        }
        assertTrue(masked > 1_000 && discarded < 10, masked + " groups masked, " + discarded + " discarded");
    }

    @Test
    void strictOrderGivesTheSameBatchesWhateverTheTiming() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Run run = run(1, 4, 1, OnStale.WAIT, BatchOrder.STRICT, seed);
            assertEquals(0, run.discarded, run.name);
            assertEquals(run.trained, run.lowWaterMark(), run.name + ": every index below is trained");
        }
    }

    @Test
    void aTrainerThatUpdatesMoreOftenThanItSaysLosesGroupsButDoesNotStandStill() {
        long discarded = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Run run = new Run("hasty", new Capacity(4, 1, 4), 1, OnStale.WAIT, BatchOrder.OLDEST_FIRST, 1, seed);
            run.run();
            discarded += run.discarded;
        }
        assertTrue(discarded > 0, "the premise is broken, so the bound costs groups");
    }
}
