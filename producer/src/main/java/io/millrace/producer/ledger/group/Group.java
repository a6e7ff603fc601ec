package io.millrace.producer.ledger.group;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.AttemptHistory.Kind;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one unsettled group. Facts only add up, so the order in which topics tell them does not matter; the
 * state follows from the facts. Only the newest published attempt can fail, be held or be lost; a success counts
 * whichever attempt it is of, until the trainer consumer says that its result is not there. Owned by the ledger.
 */
public final class Group {
    /**
     * How many ends are kept of attempts above the newest published one; only workers gone wrong tell of more. Up to the
     * newest there are as many as the settings allow, and each counts: one that is not kept would be found again for ever.
     */
    public static final int ENDS_MAX = 64;

    /** How an attempt ended; where several things are known of one attempt, the later constant holds. */
    private enum End {
        HANDED_BACK,
        FAILED,
        SUCCEEDED,
        REJECTED,
        /** No attempt: the group's abandonment, by the number of its receipt; its marker stands in the results. */
        GIVEN_UP,
        /** Its result is not where its receipt says: the receipt was a claim, this is what was found. */
        MISSING
    }

    private record AttemptEnd(
            End end, String cause, @Nullable PartialRef partial) {}

    public final long index;
    private final NavigableMap<Attempt, AttemptEnd> ends = new TreeMap<>();
    private @Nullable Issue issue;
    private boolean leftQueue;
    /** The abandonment that was written and whose receipt was not read back yet; null for none. */
    private @Nullable Attempt written;

    private long writtenAtMs;
    private @Nullable WorkerIncarnation holder;
    private @Nullable WorkerIncarnation lastHolder;
    private long holderSinceMs;
    private long leftAtMs;
    private long namedAtMs;
    private GroupState state = new GroupState.Announced();
    /** Of {@link SilentGroups}, which alone uses it: when it is looked at again. */
    long lookAtMs = Long.MAX_VALUE;

    public Group(long index) {
        this.index = index;
    }

    public GroupState state() {
        return state;
    }

    @Nullable
    public Issue issue() {
        return issue;
    }

    public boolean published() {
        return issue != null;
    }

    private boolean isLatest(Attempt attempt) {
        return issue != null && issue.attempt().equals(attempt);
    }

    /** Whether there is a newer attempt than this. */
    public boolean overtaken(Attempt attempt) {
        return issue != null && issue.attempt().compareTo(attempt) > 0;
    }

    /** @return false when this attempt or a newer one was published before */
    public boolean published(Lane lane, TrainingTask task, long offset) {
        if (isLatest(task.attempt()) || overtaken(task.attempt())) {
            return false;
        }
        issue = Issue.of(lane, task, offset);
        leftQueue = false;
        holder = null;
        lastHolder = null;
        // Older failures stand in the task's history; older successes and rejections go on counting.
        ends.headMap(task.attempt()).values().removeIf(end -> end.end().compareTo(End.SUCCEEDED) < 0);
        return true;
    }

    /** Somebody took the attempt; who is not known. */
    public void taken(Attempt attempt, long nowMs) {
        if (isLatest(attempt) && !leftQueue) {
            leftQueue = true;
            leftAtMs = nowMs;
            namedAtMs = nowMs;
            holderSinceMs = nowMs;
        }
    }

    /** A worker says that it holds the attempt; of an attempt that is not the latest this says nothing. */
    public void heldBy(WorkerIncarnation worker, Attempt attempt, long nowMs) {
        if (!isLatest(attempt)) {
            return;
        }
        taken(attempt, nowMs);
        namedAtMs = nowMs;
        if (!worker.equals(holder)) {
            holder = worker;
            lastHolder = worker;
            holderSinceMs = nowMs;
        }
    }

    /** Its worker no longer names it; a receipt may be on its way on another topic, so the wait begins now. */
    public void releasedBy(WorkerIncarnation worker, long nowMs) {
        if (worker.equals(holder)) {
            holder = null;
            holderSinceMs = nowMs;
            namedAtMs = nowMs;
        }
    }

    @Nullable
    public WorkerIncarnation lastHolder() {
        return lastHolder;
    }

    /** When the ledger last heard of the latest attempt: taken, named by a worker, or no longer named. */
    public long namedAtMs() {
        return namedAtMs;
    }

    /** When the ledger learnt that the latest attempt had left its queue. */
    public long leftAtMs() {
        return leftAtMs;
    }

    /** Its abandonment was written; a fact once its receipt is read back. */
    public void givingUp(Attempt number, long nowMs) {
        written = number;
        writtenAtMs = nowMs;
    }

    private void readBack(Attempt number) {
        if (number.equals(written)) {
            written = null;
        }
    }

    /** Whether its abandonment was written so long ago that its receipt must have been lost with the tail of its log. */
    public boolean isDoubtful(long nowMs, long limitMs) {
        return written != null && nowMs - writtenAtMs >= limitMs;
    }

    /** Takes what was written for never written. */
    public void doubt() {
        written = null;
    }

    public boolean isGivenUp() {
        return written != null || ends.values().stream().anyMatch(end -> end.end() == End.GIVEN_UP);
    }

    /** The number after those of all attempts and of all abandonments. */
    public Attempt nextNumber(Issue latest) {
        Attempt highest = latest.attempt();
        for (Map.Entry<Attempt, AttemptEnd> one : ends.tailMap(highest, false).entrySet()) {
            if (one.getValue().end().compareTo(End.GIVEN_UP) >= 0) {
                highest = one.getKey();
            }
        }
        return highest.next();
    }

    /** Whether an attempt has succeeded whose result is neither rejected nor missing. */
    public boolean hasSucceeded() {
        return ends.values().stream().anyMatch(end -> end.end() == End.SUCCEEDED);
    }

    /**
     * An attempt ended at a worker, or the receipt of the group's abandonment stands, and with it its marker in the results.
     *
     * @return whether this says anything new
     */
    public boolean ended(Receipt receipt) {
        Attempt attempt = receipt.attempt();
        return switch (receipt.outcome()) {
            case Receipt.Success success -> toldByWorker(attempt, new AttemptEnd(End.SUCCEEDED, "", null));
            case Receipt.Failure failure ->
                !overtaken(attempt)
                        && toldByWorker(
                                attempt, new AttemptEnd(End.FAILED, failure.kind() + ": " + failure.message(), null));
            case Receipt.HandedBack back ->
                !overtaken(attempt)
                        && toldByWorker(attempt, new AttemptEnd(End.HANDED_BACK, back.reason(), back.partial()));
            case Receipt.Abandoned abandoned -> {
                readBack(attempt);
                yield ended(attempt, new AttemptEnd(End.GIVEN_UP, "", null));
            }
        };
    }

    public boolean rejected(Attempt attempt, String cause) {
        return ended(attempt, new AttemptEnd(End.REJECTED, cause, null));
    }

    /** The result of the attempt is not there; or the marker, where this is the number of an abandonment. */
    public boolean missing(Attempt attempt, String cause) {
        readBack(attempt);
        return ended(attempt, new AttemptEnd(End.MISSING, cause, null));
    }

    /** Returns whether this said anything new of the attempt. */
    private boolean ended(Attempt attempt, AttemptEnd end) {
        AttemptEnd known = ends.get(attempt);
        if (known != null && known.end().compareTo(end.end()) >= 0) {
            return false;
        }
        ends.put(attempt, new AttemptEnd(end.end(), cut(end.cause()), end.partial()));
        return true;
    }

    /** The same of a worker's word, which may be about an attempt that was never published. */
    private boolean toldByWorker(Attempt attempt, AttemptEnd end) {
        boolean published = isLatest(attempt) || overtaken(attempt);
        return (published || ends.containsKey(attempt) || unpublished() < ENDS_MAX) && ended(attempt, end);
    }

    private int unpublished() {
        Issue latest = issue;
        return latest == null
                ? ends.size()
                : ends.tailMap(latest.attempt(), false).size();
    }

    /**
     * What the next attempt goes on with when the latest ended like this; null for nothing. One that failed may have
     * failed for what it went on with, so the next begins anew.
     */
    @Nullable
    public PartialRef partial(Kind kind) {
        Issue latest = issue;
        if (latest == null || (kind != Kind.HANDED_BACK && kind != Kind.LOST && kind != Kind.MISSING)) {
            return null;
        }
        AttemptEnd end = ends.get(latest.attempt());
        return end == null || end.partial() == null ? latest.partial() : end.partial();
    }

    /** Moves to the state that the facts give; returns it. */
    public GroupState refresh() {
        GroupState next = derive();
        if (!next.equals(state)) {
            state = state.to(next);
        }
        return state;
    }

    private GroupState derive() {
        Issue latest = issue;
        if (latest == null) {
            return state;
        }
        if (isGivenUp()) {
            return new GroupState.Abandoning(latest.attempt());
        }
        for (Map.Entry<Attempt, AttemptEnd> entry : ends.entrySet()) {
            if (entry.getValue().end() == End.SUCCEEDED) {
                return new GroupState.Finished(entry.getKey());
            }
        }
        AttemptEnd end = ends.get(latest.attempt());
        if (end != null) {
            return new GroupState.Failed(latest.attempt(), kind(end.end()), end.cause());
        }
        return leftQueue ? new GroupState.InFlight(holder, holderSinceMs) : new GroupState.Queued();
    }

    private static Kind kind(End end) {
        return switch (end) {
            case HANDED_BACK -> Kind.HANDED_BACK;
            case REJECTED -> Kind.REJECTED;
            case MISSING -> Kind.MISSING;
            case FAILED, SUCCEEDED, GIVEN_UP -> Kind.FAILED;
        };
    }

    private static String cut(String cause) {
        int max = io.millrace.common.record.AttemptHistory.AttemptEnd.CAUSE_CHARS_MAX;
        return cause.length() <= max ? cause : cause.substring(0, max);
    }
}
