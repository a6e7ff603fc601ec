package io.millrace.trainer.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.TrainingTask;
import io.millrace.trainer.collect.FinishedGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the gate remembers of groups that come and go chooses the same as looking at every group anew. */
class GateOracleTest {
    private static final int EVENTS = 1_500;

    private final Map<Class<?>, Integer> choices = new HashMap<>();
    private int stale;

    @Test
    void itChoosesAsIfItHadLookedAtEveryGroup() {
        for (BatchOrder order : BatchOrder.values()) {
            for (OnStale onStale : OnStale.values()) {
                for (boolean mask : new boolean[] {false, true}) {
                    for (int seed = 0; seed < 4; seed++) {
                        new Drive(order, onStale, mask, seed).run();
                    }
                }
            }
        }
        assertTrue(choices.size() == 4 && choices.values().stream().allMatch(many -> many > 500), "" + choices);
        assertTrue(stale > 500, stale + " stale");
    }

    private final class Drive {
        private final String name;
        private final Random random;
        private final Capacity capacity;
        private final StalenessGate gate;
        private final GateOracle oracle;
        private final Groups finished = new Groups();
        private final TasksOut out = new TasksOut();
        private final List<TrainingTask> tasks = new ArrayList<>();
        private final Set<Long> settled = new HashSet<>();
        private final Set<GroupIndex> leased = new HashSet<>();
        private final Map<Long, Long> attempts = new HashMap<>();
        private long next;
        private long version;
        private long stepsInVersion;

        Drive(BatchOrder order, OnStale onStale, boolean mask, int seed) {
            name = order + " " + onStale + " " + mask + " " + seed;
            random = new Random(seed);
            capacity = new Capacity(1 + random.nextInt(4), 1, 1 + random.nextInt(2));
            int bound = 1 + random.nextInt(3);
            gate = new StalenessGate(bound, onStale, order, mask, capacity);
            oracle = new GateOracle(bound, onStale, order, mask, capacity);
        }

        void run() {
            for (int event = 0; event < EVENTS; event++) {
                something();
                WeightVersion now = new WeightVersion(version);
                List<FinishedGroup> past = gate.stale(finished.all(), leased, now);
                assertEquals(oracle.stale(finished.all().all(), leased, now), past, name + " " + event);
                stale += past.size();
                past.forEach(group -> settle(group.groupIndex()));
                GateOracleTest.this.choices.merge(choose(event).getClass(), 1, Integer::sum);
            }
        }

        private BatchChoice choose(int event) {
            WeightVersion now = new WeightVersion(version);
            Groups.Settled ends = new Groups.Settled(settled);
            BatchChoice choice = gate.choose(
                    new StalenessGate.Standing(finished.all(), out, leased, ends, lowWaterMark(), now, stepsInVersion));
            assertEquals(
                    oracle.choose(finished.all().all(), tasks, leased, ends, lowWaterMark(), now, stepsInVersion),
                    choice,
                    name + " " + event);
            if (choice instanceof BatchChoice.Ready ready && random.nextInt(3) == 0) {
                ready.groups().forEach(group -> leased.add(group.groupIndex()));
            }
            return choice;
        }

        private void something() {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> issue(next++);
                case 3 -> any().ifPresent(this::issue);
                case 4, 5, 6 -> any().ifPresent(this::finish);
                case 7 -> {
                    if (random.nextInt(4) == 0) {
                        version++;
                        stepsInVersion = 0;
                    } else {
                        stepsInVersion++;
                    }
                }
                case 8 -> {
                    if (random.nextBoolean()) {
                        List.copyOf(leased).forEach(this::settle);
                    }
                    leased.clear();
                }
                default ->
                    any().ifPresent(index -> {
                        GroupIndex group = new GroupIndex(index);
                        if (random.nextBoolean() && !leased.contains(group)) {
                            settle(group);
                        } else {
                            // Taken back, or its result is lost, also of a group that is leased.
                            finished.all().remove(group);
                            out.finished(group, false);
                        }
                    });
            }
        }

        /** One of those that were issued and are not settled. */
        private Optional<Long> any() {
            for (int i = 0; i < 20 && next > 0; i++) {
                long index = Math.max(0, next - 1 - random.nextInt(30));
                if (!settled.contains(index)) {
                    return Optional.of(index);
                }
            }
            return Optional.empty();
        }

        private void issue(long index) {
            long attempt = attempts.merge(index, 1L, Long::sum);
            TrainingTask task = Groups.task(index, attempt, version);
            tasks.add(task);
            out.issued(task, finished.all().contains(new GroupIndex(index)));
        }

        private void finish(long index) {
            GroupIndex group = new GroupIndex(index);
            if (!finished.all().contains(group)) {
                long oldest = Math.max(0, version - random.nextInt(3));
                finished.add(index, oldest, oldest + random.nextInt((int) (version - oldest) + 2));
                out.finished(group, true);
            }
        }

        private void settle(GroupIndex index) {
            settled.add(index.value());
            leased.remove(index);
            out.settled(index);
            finished.all().remove(index);
            out.finished(index, false);
        }

        private long lowWaterMark() {
            long mark = 0;
            while (settled.contains(mark)) {
                mark++;
            }
            return mark;
        }
    }
}
