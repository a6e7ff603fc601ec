package io.millrace.worker.inflight;

import io.millrace.common.record.GroupKind;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord.HeldGroup;
import io.millrace.worker.attempt.AttemptState;
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
    /** What identifies an attempt within this worker; each kind counts its groups by itself. */
    private record Key(GroupKind kind, long groupIndex, long attempt) {
        static Key of(HeldAttempt attempt) {
            TrainingTask task = attempt.task();
            return new Key(
                    attempt.lane().kind(),
                    task.groupIndex().value(),
                    task.attempt().value());
        }
    }

    private final ConcurrentMap<Key, HeldAttempt> attempts = new ConcurrentHashMap<>();

    /** @return false when this very attempt is held already: Kafka delivered its record again */
    public boolean enter(HeldAttempt attempt) {
        return attempts.putIfAbsent(Key.of(attempt), attempt) == null;
    }

    /** Its receipt is durable. */
    public void leave(HeldAttempt attempt) {
        attempts.remove(Key.of(attempt), attempt);
    }

    /** Every attempt, in no order. */
    public List<HeldAttempt> attempts() {
        return List.copyOf(attempts.values());
    }

    public int size() {
        return attempts.size();
    }

    /** For the status record, by kind, oldest group first. */
    public List<HeldGroup> held() {
        return attempts.values().stream()
                .map(attempt -> attempt.get(AttemptState::held))
                .sorted(Comparator.comparing(HeldGroup::kind).thenComparing(HeldGroup::groupIndex))
                .toList();
    }
}
