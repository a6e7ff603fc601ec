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
 */
public record BatchHeader(
        RunId run,
        Lineage lineage,
        StepNumber step,
        WeightVersion weightVersion,
        @Nullable WeightVersion maskBelow,
        long maskedTokens) {}
