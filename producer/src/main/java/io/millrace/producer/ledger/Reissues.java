package io.millrace.producer.ledger;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.AttemptHistory.AttemptEnd;
import io.millrace.common.record.AttemptHistory.Kind;
import io.millrace.producer.ledger.group.Group;
import io.millrace.producer.ledger.group.GroupState;
import io.millrace.producer.ledger.group.Issue;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a group's latest attempt is over, and what follows: a new attempt within the limits, else the group's
 * abandonment. An attempt that is known to have ended is over at once. One that has left its queue is over as
 *
 * <ul>
 *   <li>lost, when no live worker's status has named it for the worker timeout, counted from the last gap of
 *       {@link Liveness} at the earliest: silence that nobody could hear is no silence;
 *   <li>a missed deadline, when its time limit and the worker timeout have passed since the ledger learnt that it had
 *       left the queue. The worker ends its own attempts in time, so this is for workers that cannot. A gap does not
 *       stop this clock, since the attempt's time goes on; but after a gap the worker timeout passes first, so that the
 *       receipts that waited in it are read.
 * </ul>
 *
 * <p>Neither is noted anywhere but in the task of the next attempt: until that stands on its lane, a status or a receipt
 * of the attempt counts as before. Pure; for all threads.
 */
public final class Reissues {
    private final RecoveryLimits limits;

    public Reissues(RecoveryLimits limits) {
        this.limits = limits;
    }

    /** What to do with the group now; null for nothing. */
    @Nullable
    Decision decide(Group group, Liveness liveness, long nowMs) {
        Issue issue = group.issue();
        if (issue == null) {
            return null;
        }
        return switch (group.state()) {
            case GroupState.Failed failed -> decided(group, issue, failed.end(), failed.cause());
            case GroupState.InFlight held -> decideInFlight(group, issue, liveness, nowMs);
            default -> null;
        };
    }

    /**
     * Whether the group's abandonment, of which nothing was read back for the worker timeout although all was read, is to
     * be written again.
     */
    boolean isDoubtful(Group group, Liveness liveness, long nowMs) {
        return judgesSilence(liveness, nowMs) && group.isDoubtful(nowMs, limits.workerTimeoutMs());
    }

    /** Whether silence means anything now: all that workers say has been heard for the worker timeout. */
    boolean judgesSilence(Liveness liveness, long nowMs) {
        OptionalLong alive = liveness.sinceMs();
        return alive.isPresent() && nowMs - alive.getAsLong() >= limits.workerTimeoutMs();
    }

    /** When the latest attempt is over if nothing more is heard of it: the earlier of loss and missed deadline. */
    long overAtMs(Group group) {
        Issue issue = group.issue();
        return issue == null
                ? Long.MAX_VALUE
                : Math.min(group.namedAtMs(), group.leftAtMs() + timeLimitMs(issue)) + limits.workerTimeoutMs();
    }

    private long timeLimitMs(Issue issue) {
        return issue.timeLimitMs() > 0 ? issue.timeLimitMs() : limits.taskDeadlineMs();
    }

    private @Nullable Decision decideInFlight(Group group, Issue issue, Liveness liveness, long nowMs) {
        if (!judgesSilence(liveness, nowMs)) {
            return null;
        }
        if (nowMs - group.namedAtMs() >= limits.workerTimeoutMs()) {
            return decided(
                    group,
                    issue,
                    Kind.LOST,
                    "no live worker has named it for " + limits.workerTimeoutMs() + " ms, "
                            + (group.lastHolder() == null ? "no worker ever did" : "last " + group.lastHolder()));
        }
        long timeLimitMs = timeLimitMs(issue);
        if (nowMs - group.leftAtMs() >= timeLimitMs + limits.workerTimeoutMs()) {
            return decided(
                    group,
                    issue,
                    Kind.DEADLINE,
                    "its worker did not end it within its " + timeLimitMs + " ms, worker " + group.lastHolder());
        }
        return null;
    }

    private Decision decided(Group group, Issue issue, Kind kind, String cause) {
        GroupIndex index = new GroupIndex(group.index);
        AttemptHistory history = issue.history().with(new AttemptEnd(issue.attempt(), kind, cause));
        if (history.failures() >= limits.maxAttempts()) {
            String why = history.failures() + " attempts failed, the limit is " + limits.maxAttempts() + ": ";
            return new Decision.Abandon(index, issue, group.nextNumber(issue), history, why + cause);
        }
        if (history.losses() >= limits.maxLosses()) {
            String why = history.losses() + " attempts were lost, the limit is " + limits.maxLosses() + ": ";
            return new Decision.Abandon(index, issue, group.nextNumber(issue), history, why + cause);
        }
        return new Decision.Reissue(index, group.nextNumber(issue), history, group.partial(kind));
    }
}
