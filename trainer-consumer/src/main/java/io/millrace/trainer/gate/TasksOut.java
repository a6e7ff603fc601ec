package io.millrace.trainer.gate;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.TrainingTask;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The groups that are out, and a weight version that no token of their newest attempt is older than: the one it was issued
 * at, or the oldest of what it goes on with. Bounded by admission. Not thread-safe.
 */
public final class TasksOut {
    private record Issue(Attempt attempt, WeightVersion version, boolean finished) {}

    private final Map<GroupIndex, Issue> issues = new HashMap<>();
    /** How many of them have not finished, by version; none is 0. */
    private final NavigableMap<Long, Integer> unfinished = new TreeMap<>();

    /**
     * A task stands on a lane, first attempts and later ones in any order.
     *
     * @param finished whether a result of its group waits to be trained; from now on {@link #finished} says so
     */
    public void issued(TrainingTask task, boolean finished) {
        Issue known = issues.get(task.groupIndex());
        if (known == null || task.attempt().compareTo(known.attempt()) > 0) {
            put(task.groupIndex(), new Issue(task.attempt(), task.oldestVersion(), finished));
        }
    }

    /** A result of the group waits to be trained, or no longer. */
    public void finished(GroupIndex index, boolean finished) {
        Issue known = issues.get(index);
        if (known != null && known.finished() != finished) {
            put(index, new Issue(known.attempt(), known.version(), finished));
        }
    }

    /** The group is out no more. */
    public void settled(GroupIndex index) {
        count(unfinished, issues.remove(index), -1);
    }

    private void put(GroupIndex index, Issue issue) {
        count(unfinished, issues.put(index, issue), -1);
        count(unfinished, issue, 1);
    }

    private static void count(Map<Long, Integer> unfinished, @Nullable Issue issue, int one) {
        if (issue != null && !issue.finished()) {
            unfinished.merge(issue.version().value(), one, TasksOut::sum);
        }
    }

    private static @Nullable Integer sum(int known, int one) {
        return known + one == 0 ? null : (Integer) (known + one);
    }

    /** The newest attempt of a group that is out; null when none is known. */
    public @Nullable Attempt newestAttempt(GroupIndex index) {
        Issue issue = issues.get(index);
        return issue == null ? null : issue.attempt();
    }

    /**
     * How many groups that have not ended may have tokens of each version, and no older ones.
     *
     * @param leased groups that have ended, too
     */
    NavigableMap<Long, Integer> byVersion(Set<GroupIndex> leased) {
        NavigableMap<Long, Integer> counts = new TreeMap<>(unfinished);
        leased.forEach(index -> count(counts, issues.get(index), -1));
        return counts;
    }
}
