package io.millrace.ops.lag;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Since when the oldest finished group waits, by the newest records of {@code steps}. A group that may have been settled
 * before what was read of these is left out, so the answer is never too old. Pure; times are the broker's. One owner.
 */
final class OldestFinished {
    private record StepId(Lineage lineage, StepNumber step) {}

    private final Map<StepId, List<StepRecord.ManifestEntry>> leases = new HashMap<>();
    private final SettledIndices settled = new SettledIndices();
    /** Whose results came to nothing. */
    private final Set<GroupIndex> open = new HashSet<>();

    private long firstMs = Long.MAX_VALUE;

    /** Takes the records of {@code steps} in their order. */
    void step(StepRecord record, long ms) {
        firstMs = Math.min(firstMs, ms);
        switch (record) {
            case StepRecord.Lease lease -> leases.put(new StepId(lease.lineage(), lease.step()), lease.groups());
            case StepRecord.Acknowledgement done -> {
                leases.getOrDefault(new StepId(done.lineage(), done.step()), List.of())
                        .forEach(entry -> settled.add(entry.groupIndex()));
                settled.raiseTo(done.totals().lowWaterMark());
            }
            case StepRecord.Discard discard -> settled.add(discard.groupIndex());
            case StepRecord.Abandonment abandonment -> settled.add(abandonment.groupIndex());
            case StepRecord.Snapshot snapshot -> settled.restore(snapshot.settled());
            case StepRecord.Rejection rejection -> open.add(rejection.groupIndex());
            case StepRecord.Missing missing -> open.add(missing.groupIndex());
            case StepRecord.LeaseVoid _, StepRecord.Resume _, StepRecord.Skip _ -> {}
        }
    }

    /**
     * When the oldest finished; empty where none waits, as far as is known.
     *
     * @param finishedMs by group, when the receipt of its result came
     * @param all whether {@code steps} was read from its beginning
     */
    OptionalLong sinceMs(Map<GroupIndex, Long> finishedMs, boolean all) {
        return finishedMs.entrySet().stream()
                .filter(group -> !settled.contains(group.getKey()) && !open.contains(group.getKey()))
                .mapToLong(Map.Entry::getValue)
                .filter(ms -> all || ms >= firstMs)
                .min();
    }
}
