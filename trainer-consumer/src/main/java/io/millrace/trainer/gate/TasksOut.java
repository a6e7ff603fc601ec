package io.millrace.trainer.gate;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.TrainingTask;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The groups that are out, and a weight version that no token of their newest attempt is older than: the one it was issued
 * at, or the oldest of what it goes on with. Bounded by admission. Not thread-safe.
 */
public final class TasksOut {
    private record Issue(Attempt attempt, WeightVersion version) {}

    private final Map<GroupIndex, Issue> issues = new HashMap<>();

    /** A task stands on a lane, first attempts and later ones in any order. */
    public void issued(TrainingTask task) {
        issues.merge(
                task.groupIndex(),
                new Issue(task.attempt(), task.oldestVersion()),
                (known, next) -> next.attempt().compareTo(known.attempt()) > 0 ? next : known);
    }

    /** The newest attempt of a group that is out; null when none is known. */
    public @Nullable Attempt newestAttempt(GroupIndex index) {
        Issue issue = issues.get(index);
        return issue == null ? null : issue.attempt();
    }

    /** Forgets groups that are settled. */
    public void forget(Predicate<GroupIndex> settled) {
        issues.keySet().removeIf(settled);
    }

    /** How many groups that have not ended may have tokens of each version, and no older ones. */
    NavigableMap<Long, Integer> byVersion(Predicate<GroupIndex> ended) {
        NavigableMap<Long, Integer> counts = new TreeMap<>();
        issues.forEach((index, issue) -> {
            if (!ended.test(index)) {
                counts.merge(issue.version().value(), 1, Integer::sum);
            }
        });
        return counts;
    }
}
