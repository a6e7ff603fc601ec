package io.millrace.trainer.gate;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.Settlement;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Finished groups of a test, in the order in which they finished. */
public final class Groups {
    private final TreeMap<Long, FinishedGroup> groups = new TreeMap<>();
    private long arrivals;

    Groups add(long index, long version) {
        return add(index, version, version);
    }

    Groups add(long index, long oldestVersion, long newestVersion) {
        groups.put(
                index,
                new FinishedGroup(
                        new GroupIndex(index),
                        new Attempt(1),
                        new Lineage(0),
                        new WeightVersion(oldestVersion),
                        new WeightVersion(newestVersion),
                        new RewardStats(0, 0),
                        0,
                        List.of(index),
                        arrivals++,
                        10,
                        1));
        return this;
    }

    void remove(Collection<FinishedGroup> gone) {
        gone.forEach(group -> groups.remove(group.groupIndex().value()));
    }

    /** Ascending by index. */
    List<FinishedGroup> list() {
        return List.copyOf(groups.values());
    }

    public static TrainingTask task(long index, long attempt, long version) {
        return new TrainingTask(
                new GroupIndex(index),
                new Attempt(attempt),
                2,
                new Lineage(0),
                new WeightVersion(version),
                0,
                new Prompt.Text("?"),
                null,
                Json.object(),
                SamplingParams.defaults(16),
                new TrainingTask.Source("none", 0, 0, 1),
                null,
                null,
                null);
    }

    /** These indices, and nothing else that the gate asks for. */
    record Settled(Set<Long> indices) implements Settlement {
        @Override
        public boolean isSettled(GroupIndex index) {
            return indices.contains(index.value());
        }

        @Override
        public boolean isLeased(GroupIndex index) {
            return false;
        }

        @Override
        public boolean isRejected(GroupIndex index, Attempt attempt, int partition, long offset) {
            return false;
        }

        @Override
        public boolean isOver(GroupIndex index, Attempt attempt) {
            return false;
        }

        @Override
        public boolean isSkipped(int partition, long offset) {
            return false;
        }

        @Override
        public boolean isLost(Lineage issued, WeightVersion newest) {
            return false;
        }

        @Override
        public @Nullable String ahead(Lineage issued, WeightVersion newest) {
            return null;
        }
    }
}
