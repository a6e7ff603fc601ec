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
import io.millrace.trainer.collect.FinishedGroups;
import io.millrace.trainer.collect.GroupEnds;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Finished groups of a test, in the order in which they finished. */
public final class Groups {
    private final FinishedGroups groups = new FinishedGroups();
    private long arrivals;

    Groups add(long index, long version) {
        return add(index, version, version);
    }

    Groups add(long index, long oldestVersion, long newestVersion) {
        groups.add(new FinishedGroup(
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
        gone.forEach(group -> groups.remove(group.groupIndex()));
    }

    FinishedGroups all() {
        return groups;
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

    /** These indices are settled. */
    record Settled(Set<Long> indices) implements GroupEnds {
        @Override
        public boolean isSettled(GroupIndex index) {
            return indices.contains(index.value());
        }

        @Override
        public boolean isOver(GroupIndex index, Attempt attempt) {
            return false;
        }
    }
}
