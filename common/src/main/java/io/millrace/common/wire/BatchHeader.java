package io.millrace.common.wire;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import java.util.Objects;

/**
 * What a batch is, apart from its groups.
 *
 * @param weightVersion the trainer's version at hand-over
 */
public record BatchHeader(RunId run, Lineage lineage, StepNumber step, WeightVersion weightVersion) {
    public BatchHeader {
        Objects.requireNonNull(run, "run");
        Objects.requireNonNull(lineage, "lineage");
        Objects.requireNonNull(step, "step");
        Objects.requireNonNull(weightVersion, "weight_version");
    }
}
