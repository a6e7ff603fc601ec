package io.millrace.producer.ledger;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.WorkerIncarnation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one unsettled group. Facts only add up, so the order in which topics tell them does not matter; the
 * state follows from the facts. Owned by {@link Ledger}.
 */
final class Group {
    static final int CAUSE_CHARS_MAX = 500;

    /** How an attempt ended; where several things are known of one attempt, the later constant holds. */
    private enum End {
        FAILED,
        SUCCEEDED,
        REJECTED
    }

    private record AttemptEnd(End end, String cause) {}

    final long index;
    private final Map<Attempt, AttemptEnd> ends = new TreeMap<>();
    private @Nullable Attempt issued;
    private long promptsOffset;
    private boolean leftQueue;
    private @Nullable WorkerIncarnation holder;
    private long holderSinceMs;
    private GroupState state = new GroupState.Announced();

    Group(long index) {
        this.index = index;
    }

    GroupState state() {
        return state;
    }

    boolean published() {
        return issued != null;
    }

    void published(Attempt attempt, long offset) {
        issued = attempt;
        promptsOffset = offset;
    }

    /** Whether its task stands below this offset of the prompts topic. */
    boolean standsBelow(long offset) {
        return published() && promptsOffset < offset;
    }

    boolean hasLeftQueue() {
        return leftQueue;
    }

    /** Somebody took it; who is not known. */
    void takenFromQueue(long nowMs) {
        if (!leftQueue) {
            leftQueue = true;
            holderSinceMs = nowMs;
        }
    }

    void heldBy(WorkerIncarnation worker, long nowMs) {
        leftQueue = true;
        if (!worker.equals(holder)) {
            holder = worker;
            holderSinceMs = nowMs;
        }
    }

    void releasedBy(WorkerIncarnation worker, long nowMs) {
        if (worker.equals(holder)) {
            holder = null;
            holderSinceMs = nowMs;
        }
    }

    /** Whether an attempt has succeeded that is not rejected. */
    boolean hasSucceeded() {
        return ends.values().stream().anyMatch(end -> end.end() == End.SUCCEEDED);
    }

    boolean succeeded(Attempt attempt) {
        return ended(attempt, new AttemptEnd(End.SUCCEEDED, ""));
    }

    boolean failed(Attempt attempt, String cause) {
        return ended(attempt, new AttemptEnd(End.FAILED, cut(cause)));
    }

    boolean rejected(Attempt attempt, String cause) {
        return ended(attempt, new AttemptEnd(End.REJECTED, cut(cause)));
    }

    /** Returns whether this said anything new of the attempt. */
    private boolean ended(Attempt attempt, AttemptEnd end) {
        AttemptEnd known = ends.get(attempt);
        if (known != null && known.end().compareTo(end.end()) >= 0) {
            return false;
        }
        ends.put(attempt, end);
        return true;
    }

    /** Whether there is a newer attempt than this. */
    boolean overtaken(Attempt attempt) {
        return latest().compareTo(attempt) > 0;
    }

    private Attempt latest() {
        Attempt latest = issued == null ? new Attempt(1) : issued;
        for (Attempt attempt : ends.keySet()) {
            latest = attempt.compareTo(latest) > 0 ? attempt : latest;
        }
        return latest;
    }

    /** Moves to the state that the facts give; returns it. */
    GroupState refresh() {
        GroupState next = derive();
        if (!next.equals(state)) {
            state = state.to(next);
        }
        return state;
    }

    private GroupState derive() {
        if (issued == null) {
            return state;
        }
        for (Map.Entry<Attempt, AttemptEnd> entry : ends.entrySet()) {
            if (entry.getValue().end() == End.SUCCEEDED) {
                return new GroupState.Finished(entry.getKey());
            }
        }
        if (ends.containsKey(latest())) {
            List<GroupState.FailedAttempt> failed = new ArrayList<>();
            ends.forEach((attempt, end) -> failed.add(new GroupState.FailedAttempt(attempt, end.cause())));
            return new GroupState.Failed(failed);
        }
        return leftQueue ? new GroupState.InFlight(holder, holderSinceMs) : new GroupState.Queued();
    }

    private static String cut(String cause) {
        return cause.length() <= CAUSE_CHARS_MAX ? cause : cause.substring(0, CAUSE_CHARS_MAX);
    }
}
