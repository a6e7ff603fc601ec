package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord.ManifestEntry;
import java.util.List;

/**
 * A finished group that waits to be trained: all that is kept of it besides its payload.
 *
 * @param lineage it was issued in
 * @param oldestVersion the oldest weight version that made any of its tokens
 * @param newestVersion the newest one
 * @param partition of the results topic
 * @param offsets of its records, in order
 * @param arrival rises with each group that finishes, as this process has seen it
 * @param responseTokens over all its samples
 */
public record Finished(
        GroupIndex groupIndex,
        Attempt attempt,
        Lineage lineage,
        WeightVersion oldestVersion,
        WeightVersion newestVersion,
        RewardStats rewards,
        int partition,
        List<Long> offsets,
        long arrival,
        long responseTokens) {
    public Finished {
        offsets = List.copyOf(offsets);
    }

    static Finished of(ResultEvent.Arrived arrived, long arrival) {
        return new Finished(
                arrived.groupIndex(),
                arrived.attempt(),
                arrived.lineage(),
                arrived.oldestVersion(),
                arrived.newestVersion(),
                arrived.rewards(),
                arrived.partition(),
                arrived.offsets(),
                arrival,
                arrived.responseTokens());
    }

    /** Where it stands, for a lease's manifest. */
    public ManifestEntry manifestEntry() {
        return new ManifestEntry(groupIndex, attempt, oldestVersion, partition, offsets);
    }
}
