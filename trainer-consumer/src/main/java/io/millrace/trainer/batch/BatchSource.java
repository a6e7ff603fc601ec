package io.millrace.trainer.batch;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.StepRecord;
import java.util.Map;

/**
 * A leased step and those of its payloads that are in memory; the rest is read by the lease's manifest.
 *
 * @param payloads blobs by group index, not to be changed
 */
public record BatchSource(StepRecord.Lease lease, Map<GroupIndex, byte[]> payloads) {
    public BatchSource {
        payloads = Map.copyOf(payloads);
    }
}
