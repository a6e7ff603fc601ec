package io.millrace.producer.ledger.account;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.WorkersRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What each worker named of one kind in its newest status, and when that was heard. Owned by the ledger. */
public final class HeldByWorkers {
    /** Longer than any worker is away; a status of one that comes back later is taken as its first. */
    static final long FORGOTTEN_MS = 3_600_000;

    private record View(long sequence, long heardMs, boolean stopped, Set<Long> groups) {}

    private final GroupKind kind;
    private final Map<WorkerIncarnation, View> workers = new HashMap<>();

    /** @param kind whose groups are looked at */
    public HeldByWorkers(GroupKind kind) {
        this.kind = kind;
    }

    /** Whether the status is newer than what is known of this incarnation. */
    public boolean isNews(WorkersRecord.Status status) {
        View before = workers.get(status.worker());
        return before == null || status.sequence() > before.sequence();
    }

    /** Takes a status that is news; returns the groups that its worker named before and does no longer. */
    public Set<Long> take(WorkersRecord.Status status, long nowMs) {
        Set<Long> named = new HashSet<>();
        status.held(kind).forEach(group -> named.add(group.groupIndex().value()));
        View before = workers.get(status.worker());
        boolean stopped = status.state() == WorkersRecord.State.STOPPED;
        workers.put(status.worker(), new View(status.sequence(), nowMs, stopped, named));
        Set<Long> released = new HashSet<>(before == null ? Set.of() : before.groups());
        released.removeAll(named);
        return released;
    }

    /** Forgets who has been silent for too long, stopped or not; returns them. */
    public List<WorkerIncarnation> forget(long nowMs) {
        List<WorkerIncarnation> silent = new ArrayList<>();
        workers.entrySet().removeIf(worker -> {
            boolean forgotten = nowMs - worker.getValue().heardMs() > FORGOTTEN_MS;
            if (forgotten) {
                silent.add(worker.getKey());
            }
            return forgotten;
        });
        return silent;
    }

    /** How many groups those name that have been heard since then. */
    public long groups(long sinceMs) {
        return workers.values().stream()
                .filter(view -> view.heardMs() >= sinceMs)
                .mapToLong(view -> view.groups().size())
                .sum();
    }

    /** How many have been heard since then and have not stopped; one that was started anew within that time is one. */
    public long working(long sinceMs) {
        return workers.entrySet().stream()
                .filter(worker ->
                        !worker.getValue().stopped() && worker.getValue().heardMs() >= sinceMs)
                .map(worker -> worker.getKey().workerId())
                .distinct()
                .count();
    }
}
