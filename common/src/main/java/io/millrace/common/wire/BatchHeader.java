package io.millrace.common.wire;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import org.jspecify.annotations.Nullable;

/**
 * What a batch is, apart from its groups.
 *
 * @param weightVersion the trainer's version at hand-over
 * @param maskBelow tokens of older versions have {@code loss_mask} 0; null where none are masked for their age
 * @param maskedTokens how many those are
 * @param share whose groups it has; null where it has all
 */
public record BatchHeader(
        RunId run,
        Lineage lineage,
        StepNumber step,
        WeightVersion weightVersion,
        @Nullable WeightVersion maskBelow,
        long maskedTokens,
        @Nullable Share share) {
    /** Of a whole step. */
    public BatchHeader(
            RunId run,
            Lineage lineage,
            StepNumber step,
            WeightVersion weightVersion,
            @Nullable WeightVersion maskBelow,
            long maskedTokens) {
        this(run, lineage, step, weightVersion, maskBelow, maskedTokens, null);
    }

    /** One data-parallel rank of so many. */
    public record Share(int rank, int world) {}
}
