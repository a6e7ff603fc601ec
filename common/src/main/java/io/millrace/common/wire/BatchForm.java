package io.millrace.common.wire;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.GroupHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON of a batch's blob, as a reader takes it. */
record BatchForm(
        RunId run,
        Lineage lineage,
        StepNumber step,
        WeightVersion weightVersion,
        @Nullable WeightVersion maskBelow,
        long maskedTokens,
        BatchHeader.@Nullable Share share,
        BatchExtras extras,
        List<GroupHeader> groups) {
    /** The field of the groups' headers. */
    static final String GROUPS = "groups";

    BatchForm {
        groups = List.copyOf(groups);
    }

    BatchHeader header() {
        return new BatchHeader(run, lineage, step, weightVersion, maskBelow, maskedTokens, share);
    }
}
