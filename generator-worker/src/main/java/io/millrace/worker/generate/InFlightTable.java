package io.millrace.worker.generate;

import io.millrace.common.record.WorkersRecord.HeldGroup;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Every attempt this worker holds: entered at claim, removed when its receipt is durable, published in the status
 * record. What stands in no live worker's table and has no receipt is an orphan, so an entry must never leave early.
 * Thread-safe.
 */
public final class InFlightTable {
    private final ConcurrentMap<GroupRun.Key, GroupRun> runs = new ConcurrentHashMap<>();

    /** @return false when this very attempt is held already: Kafka delivered its record again */
    public boolean enter(GroupRun run) {
        return runs.putIfAbsent(run.key(), run) == null;
    }

    /** Its receipt is durable. */
    public void leave(GroupRun run) {
        runs.remove(run.key(), run);
    }

    /** Every run, in no order. */
    List<GroupRun> runs() {
        return List.copyOf(runs.values());
    }

    public int size() {
        return runs.size();
    }

    /** For the status record, by kind, oldest group first. */
    public List<HeldGroup> held() {
        return runs.values().stream()
                .map(GroupRun::held)
                .sorted(Comparator.comparing(HeldGroup::kind).thenComparing(HeldGroup::groupIndex))
                .toList();
    }
}
