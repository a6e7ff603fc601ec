package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.RewardStats;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.wire.PackedGroup;
import java.util.List;

/** Results off a topic, for tests that look at nothing of their content. */
public final class TestingResults {
    private static final PackedGroup CONTENT = PackedGroup.of(TestingRollouts.group(0, 1, 2));

    private TestingResults() {}

    /** Of the first lineage and version, in partition 0. */
    public static ResultEvent.Result result(long group, long attempt, Long... offsets) {
        return result(
                new GroupIndex(group),
                new Attempt(attempt),
                new Lineage(0),
                new WeightVersion(0),
                new WeightVersion(0),
                0,
                List.of(offsets));
    }

    /** It arrives in the order of the offsets. */
    public static ResultEvent.Result result(
            GroupIndex index,
            Attempt attempt,
            Lineage lineage,
            WeightVersion oldest,
            WeightVersion newest,
            int partition,
            List<Long> offsets) {
        FinishedGroup group = new FinishedGroup(
                index,
                attempt,
                lineage,
                oldest,
                newest,
                new RewardStats(0, 0),
                partition,
                offsets,
                offsets.getLast(),
                10,
                1);
        return new ResultEvent.Result(group, CONTENT, 100);
    }
}
