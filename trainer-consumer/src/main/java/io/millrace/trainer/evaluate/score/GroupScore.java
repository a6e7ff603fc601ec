package io.millrace.trainer.evaluate.score;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;

/**
 * What counts of one finished group.
 *
 * @param rewards of its samples; not to be changed
 * @param truncated samples cut at their token limit
 * @param oldestVersion of all weights that made a token of it
 */
public record GroupScore(
        GroupIndex index,
        double[] rewards,
        int truncated,
        long responseTokens,
        WeightVersion oldestVersion,
        WeightVersion newestVersion) {
    public static GroupScore of(GroupHeader header) {
        return new GroupScore(
                header.groupIndex(),
                header.samples().stream()
                        .mapToDouble(sample -> sample.reward().value())
                        .toArray(),
                (int) header.samples().stream()
                        .filter(sample -> sample.status() == SampleStatus.TRUNCATED)
                        .count(),
                header.samples().stream()
                        .mapToLong(SampleHeader::responseLength)
                        .sum(),
                header.oldestWeightVersion(),
                header.newestWeightVersion());
    }

    int passed(double passReward) {
        int passed = 0;
        for (double reward : rewards) {
            passed += reward >= passReward ? 1 : 0;
        }
        return passed;
    }
}
