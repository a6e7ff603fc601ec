package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.StepFigures;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.StalenessFigures;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole and valid group as it came off {@code results}: all that is kept of it, besides its content, until it is
 * settled.
 *
 * @param lineage it was issued in
 * @param oldestVersion the oldest weight version that made any of its tokens
 * @param newestVersion the newest one
 * @param partition of the results topic
 * @param offsets of its records, in the order of its parts: one that was sent again stands behind later ones
 * @param arrival rises with each group, as this process has read them
 * @param responseTokens over all its samples
 * @param samples how many it has
 */
public record FinishedGroup(
        GroupIndex groupIndex,
        Attempt attempt,
        Lineage lineage,
        WeightVersion oldestVersion,
        WeightVersion newestVersion,
        RewardStats rewards,
        int partition,
        List<Long> offsets,
        long arrival,
        long responseTokens,
        int samples) {
    public FinishedGroup {
        offsets = List.copyOf(offsets);
    }

    /** What is kept of a group with this header. */
    public static FinishedGroup of(GroupHeader header, int partition, List<Long> offsets, long arrival) {
        return new FinishedGroup(
                header.groupIndex(),
                header.attempt(),
                header.lineage(),
                header.oldestWeightVersion(),
                header.newestWeightVersion(),
                header.rewards(),
                partition,
                offsets,
                arrival,
                header.samples().stream()
                        .mapToLong(SampleHeader::responseLength)
                        .sum(),
                header.samples().size());
    }

    /**
     * What the samples of a step come to.
     *
     * @param version at the hand-over
     * @param maskBelow tokens of older versions are masked and do not count; null where none are
     */
    public static StepFigures figures(
            WeightVersion version, @Nullable WeightVersion maskBelow, List<FinishedGroup> groups) {
        StalenessFigures staleness = new StalenessFigures();
        groups.forEach(group -> staleness.add(
                version, StalenessFigures.unmasked(group.oldestVersion(), maskBelow), group.newestVersion()));
        StalenessFigures.Snapshot all = staleness.snapshot();
        return new StepFigures(
                RewardStats.over(groups.stream().map(FinishedGroup::rewards).toList()),
                groups.stream().mapToLong(FinishedGroup::samples).sum(),
                groups.stream().mapToLong(FinishedGroup::responseTokens).sum(),
                all.meanInFlight(),
                all.meanInQueue());
    }

    /** Where it stands, by its last part. */
    public long offset() {
        return offsets.getLast();
    }

    /** None of its records stands below. */
    public long firstOffset() {
        return Collections.min(offsets);
    }

    /** Where it stands, for a lease's manifest. */
    public ManifestEntry manifestEntry() {
        return new ManifestEntry(groupIndex, attempt, oldestVersion, partition, offsets);
    }
}
