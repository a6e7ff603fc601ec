package io.millrace.common.record;

import io.millrace.common.id.Attempt;
import java.util.ArrayList;
import java.util.List;

/**
 * How a group's attempts ended so far. It travels in the task of the next attempt, so that whoever rebuilds the ledger
 * knows it from the topic alone. Immutable.
 *
 * @param failures attempts that failed: an error, a deadline, a result that was rejected
 * @param losses attempts whose worker was lost, or whose result the broker has lost
 * @param handBacks attempts that a worker gave back; they have no limit, since nothing went wrong
 * @param ends the newest {@link #ENDS_MAX} of them, in order
 */
public record AttemptHistory(int failures, int losses, int handBacks, List<AttemptEnd> ends) {
    /** How many ends are kept; the counts go on. */
    public static final int ENDS_MAX = 16;

    public static final AttemptHistory NONE = new AttemptHistory(0, 0, 0, List.of());

    /** How an attempt ended without a result that counts. */
    public enum Kind {
        FAILED,
        DEADLINE,
        REJECTED,
        LOST,
        /** Its receipt names a result that is not there: the broker has lost it. */
        MISSING,
        HANDED_BACK
    }

    /**
     * @param cause for people, at most {@link #CAUSE_CHARS_MAX} characters
     */
    public record AttemptEnd(Attempt attempt, Kind kind, String cause) {
        public static final int CAUSE_CHARS_MAX = 500;

        public AttemptEnd {
            cause = cause.length() <= CAUSE_CHARS_MAX ? cause : cause.substring(0, CAUSE_CHARS_MAX);
        }
    }

    public AttemptHistory {
        ends = List.copyOf(ends);
        if (failures < 0 || losses < 0 || handBacks < 0) {
            throw new IllegalArgumentException("failures, losses and hand_backs must be 0 or more");
        }
    }

    /** The same with one more. */
    public AttemptHistory with(AttemptEnd end) {
        List<AttemptEnd> more = new ArrayList<>(ends);
        more.add(end);
        boolean lost = end.kind() == Kind.LOST || end.kind() == Kind.MISSING;
        return new AttemptHistory(
                failures + (lost || end.kind() == Kind.HANDED_BACK ? 0 : 1),
                losses + (lost ? 1 : 0),
                handBacks + (end.kind() == Kind.HANDED_BACK ? 1 : 0),
                more.subList(Math.max(0, more.size() - ENDS_MAX), more.size()));
    }
}
