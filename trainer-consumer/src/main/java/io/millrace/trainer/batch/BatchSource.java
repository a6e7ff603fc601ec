package io.millrace.trainer.batch;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.StepRecord;
import io.millrace.common.wire.PackedGroup;
import java.util.Map;

/**
 * A leased step and those of its groups that are in memory; the rest is read by the lease's manifest.
 *
 * @param contents by group index, not to be changed
 */
public record BatchSource(StepRecord.Lease lease, Map<GroupIndex, PackedGroup> contents) {
    public BatchSource {
        contents = Map.copyOf(contents);
    }
}
