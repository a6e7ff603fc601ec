package io.millrace.sandbox.trainer;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One acknowledged step, as it stands in the report.
 *
 * @param weightVersion at hand-over
 * @param newWeightVersion announced with the acknowledgement; null where none was
 * @param waitSeconds from asking for the batch to getting it
 */
public record TrainedStep(
        long lineage,
        long step,
        long weightVersion,
        @Nullable Long newWeightVersion,
        double waitSeconds,
        long leasedAtMs,
        long acknowledgedAtMs,
        @JsonUnwrapped Verdict batch) {
    /**
     * What a batch came to.
     *
     * @param groupIndices in the order of the batch
     * @param samples of all groups
     * @param rewardMean over all samples
     * @param ageVersionsMax the lease's version minus the oldest that made any token; 0 where no sample tells
     * @param sorted ascending, none twice
     * @param whole the right number of groups, each with all its samples, lengths adding up
     * @param duplicates groups that an earlier acknowledged step had, or this batch has twice
     * @param problems what is wrong, in words; empty for a good batch
     */
    public record Verdict(
            List<Long> groupIndices,
            int samples,
            double rewardMean,
            long responseTokens,
            long ageVersionsMax,
            boolean sorted,
            boolean whole,
            int duplicates,
            List<String> problems) {
        public Verdict {
            groupIndices = List.copyOf(groupIndices);
            problems = List.copyOf(problems);
        }

        /** Nothing was wrong with it. */
        public boolean good() {
            return problems.isEmpty();
        }

        /** The same with more problems. */
        Verdict with(List<String> more) {
            return new Verdict(
                    groupIndices,
                    samples,
                    rewardMean,
                    responseTokens,
                    ageVersionsMax,
                    sorted,
                    whole,
                    duplicates,
                    Stream.concat(problems.stream(), more.stream()).toList());
        }
    }
}
