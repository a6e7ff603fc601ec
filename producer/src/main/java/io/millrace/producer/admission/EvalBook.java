package io.millrace.producer.admission;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.Policy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Where every evaluation is, by what stands on {@code evals}. Of each kind of record the first of an id counts, so one
 * that is fed twice changes nothing. Records of one id come in order, but for a report that says that the time was up, and
 * a cancellation: they may stand before the issue. One owner.
 */
public final class EvalBook {
    /**
     * Producers that may end while they read the data sets of one evaluation. One may have ended for another reason, two
     * may in a restart of the machine; a third shows that it is the data.
     */
    public static final int LOADS_MAX = 3;

    /** Groups from one index to another, the latter exclusive. */
    public record Range(GroupIndex from, GroupIndex to) {
        boolean contains(GroupIndex index) {
            return index.compareTo(from) >= 0 && index.compareTo(to) < 0;
        }
    }

    /** What the run's policy says of a request. */
    public enum Start {
        NOW,
        /** The weights are not ready, or older than it asks for. */
        LATER,
        /** It asks for weights of a lineage that is over. */
        NEVER
    }

    private final Map<String, EvalRecord.Request> waiting = new LinkedHashMap<>();
    private final Map<String, Range> issued = new HashMap<>();
    /** Of those that wait: how many producers have begun to read their data sets. */
    private final Map<String, Integer> loads = new HashMap<>();
    /**
     * Reported, failed or cancelled, the newest last. No more than trainer consumers remember: they ask for the id of one
     * that is forgotten as for a new one, which must not look closed here.
     */
    private final Set<String> closed = new LinkedHashSet<>();

    private final List<Range> over = new ArrayList<>();
    /** By the records of issues. */
    private long nextIndex;
    /** By the tasks that stand on the lane, and where the last of them is. */
    private long standingEnd;

    private long lastStanding;

    /** Takes in a record of {@code evals}. */
    public void accept(EvalRecord record) {
        String id = record.evalId();
        switch (record) {
            case EvalRecord.Request request -> {
                if (!closed.contains(id) && !issued.containsKey(id)) {
                    waiting.putIfAbsent(id, request);
                }
            }
            case EvalRecord.Loading loading -> {
                if (waiting.containsKey(id)) {
                    loads.merge(id, loading.load(), Math::max);
                }
            }
            case EvalRecord.Issued tasks -> issued(tasks);
            case EvalRecord.Missing missing -> {}
            case EvalRecord.Failed failed -> close(id);
            case EvalRecord.Cancelled cancelled -> close(id);
            case EvalRecord.Report report -> close(id);
        }
    }

    private void issued(EvalRecord.Issued tasks) {
        Range range = new Range(tasks.first(), tasks.end());
        // Indices rise from one issue to the next without a gap: of one between, the record is gone, and so is its end.
        overTo(tasks.first().value());
        nextIndex = Math.max(nextIndex, range.to().value());
        waiting.remove(tasks.evalId());
        loads.remove(tasks.evalId());
        if (closed.contains(tasks.evalId())) {
            over.add(range);
        } else {
            issued.putIfAbsent(tasks.evalId(), range);
        }
    }

    /**
     * A task of this group stands on its lane. Its index is not given again, also where the record of its issue is gone
     * with the end of a log: a result of it would count for another prompt.
     */
    public void stands(GroupIndex index, long offset) {
        if (index.value() >= standingEnd) {
            standingEnd = index.value() + 1;
            lastStanding = offset;
        }
    }

    /**
     * All of {@code evals} was read, and then all tasks of the lane: tasks that no record says to be issued are of
     * evaluations whose records are gone, and whatever is read of them counts for nothing.
     */
    public void allStand() {
        overTo(standingEnd);
    }

    private void overTo(long end) {
        if (end > nextIndex) {
            over.add(new Range(new GroupIndex(nextIndex), new GroupIndex(end)));
        }
    }

    /** Where the task stands from which alone the next index is known; empty when a record says it. */
    public OptionalLong neededTask() {
        return standingEnd > nextIndex ? OptionalLong.of(lastStanding) : OptionalLong.empty();
    }

    private void close(String id) {
        closed.add(id);
        if (closed.size() > EvalRecord.ENDED_KNOWN_MAX) {
            closed.remove(closed.iterator().next());
        }
        waiting.remove(id);
        loads.remove(id);
        Range range = issued.remove(id);
        if (range != null) {
            over.add(range);
        }
    }

    /** The oldest request that may begin now, or never may; empty when there is none. */
    public Optional<EvalRecord.Request> due(Policy policy) {
        return waiting.values().stream()
                .filter(request -> start(request, policy) != Start.LATER)
                .findFirst();
    }

    /** Versions of a lineage that was given up never come: whoever is asked for one says so. */
    public static Start start(EvalRecord.Request request, Policy policy) {
        if (!request.lineage().equals(policy.lineage())) {
            return Start.NEVER;
        }
        return policy.state() == Policy.State.READY && request.weightVersion().compareTo(policy.weightVersion()) <= 0
                ? Start.NOW
                : Start.LATER;
    }

    /** How many producers have begun to read the data sets of one that waits, and had not ended that by now. */
    public int loads(String evalId) {
        return loads.getOrDefault(evalId, 0);
    }

    /** Whether an evaluation that was asked for so waits to be issued. */
    public boolean isWaiting(EvalRecord.Request request) {
        return request.equals(waiting.get(request.evalId()));
    }

    /** Whether the evaluation waits to be issued. */
    public boolean isWaiting(String evalId) {
        return waiting.containsKey(evalId);
    }

    /** Whether a report still waits for this group. */
    public boolean isOpen(GroupIndex index) {
        return issued.values().stream().anyMatch(range -> range.contains(index));
    }

    /** The index of the next group. */
    public GroupIndex nextIndex() {
        return new GroupIndex(Math.max(nextIndex, standingEnd));
    }

    /** The groups of evaluations that were closed since the last call, or found to be gone. */
    public List<Range> takeOver() {
        List<Range> taken = List.copyOf(over);
        over.clear();
        return taken;
    }

    /** Evaluations that are asked for and not closed. */
    public int open() {
        return waiting.size() + issued.size();
    }
}
