package io.millrace.trainer.journal;

import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.record.StepRecord.Snapshot.ResultsRead;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which results a restart, a replay or an open lease still needs, by partition. A restart reads from where the last
 * snapshot says, so nothing above that goes: a group settled since would come as a first result where it is a duplicate.
 * The snapshot stands on another topic than the results, so after a broker has lost the end of a log it may name a place
 * that the log does not reach: that says nothing any more, since results that nobody has settled come to stand below it.
 * Pure; one owner.
 */
public final class NeededResults {
    /** By partition, as the last snapshot says, where its word holds. */
    private final Map<Integer, Long> restartFrom = new HashMap<>();

    /**
     * Takes the last snapshot as it was found.
     *
     * @param ends offset after the last of each partition
     */
    public void found(Snapshot snapshot, Map<Integer, Long> ends) {
        take(snapshot);
        restartFrom.entrySet().removeIf(place -> place.getValue() > ends.getOrDefault(place.getKey(), 0L));
    }

    /** Takes a snapshot that was made of what stands there. */
    public void take(Snapshot snapshot) {
        restartFrom.clear();
        for (ResultsRead read : snapshot.results()) {
            restartFrom.put(read.partition(), read.from());
        }
    }

    /**
     * Below which offset results are needed no more.
     *
     * @param kept by partition, the first record that a kept step needs
     * @param open leases that are open
     * @return no partition of which nothing may go
     */
    public Map<Integer, Long> deletableBelow(Map<Integer, Long> kept, List<StepRecord.Lease> open) {
        Map<Integer, Long> below = new HashMap<>(restartFrom);
        kept.forEach((partition, offset) -> below.computeIfPresent(partition, (same, from) -> Math.min(from, offset)));
        open.stream()
                .flatMap(lease -> lease.groups().stream())
                .forEach(entry -> entry.offsets()
                        .forEach(offset ->
                                below.computeIfPresent(entry.partition(), (same, from) -> Math.min(from, offset))));
        below.values().removeIf(offset -> offset == 0);
        return below;
    }
}
