package io.millrace.sandbox.trainer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One acknowledged step, as it stands in the report.
 *
 * @param weightVersion at hand-over
 * @param newWeightVersion announced with the acknowledgement; null where none was
 * @param waitSeconds from asking for the batch to getting it
 * @param groupIndices in the order of the batch
 * @param ageVersionsMax weight version at hand-over minus the oldest that made any token
 */
public record TrainedStep(
        long lineage,
        long step,
        long weightVersion,
        @Nullable Long newWeightVersion,
        double waitSeconds,
        long leasedAtMs,
        long acknowledgedAtMs,
        List<Long> groupIndices,
        int samples,
        double rewardMean,
        long responseTokens,
        long ageVersionsMax,
        boolean sorted,
        boolean whole,
        int duplicates,
        List<String> problems) {
    public TrainedStep {
        groupIndices = List.copyOf(groupIndices);
        problems = List.copyOf(problems);
    }

    /** Nothing was wrong with its batch. */
    public boolean good() {
        return problems.isEmpty();
    }
}
