package io.millrace.trainer.observe;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one kind that have not ended, as lanes, receipts and share groups tell of them. The topics are read side by
 * side, so that a receipt may come before its task, and either after the group's end. Not thread-safe.
 */
final class GroupTable {
    /** Admission keeps the unsettled groups of a run far below it. */
    static final int GROUPS_MAX = 50_000;

    /** How far a group has come, but for which worker holds it. */
    enum Stage {
        /** On a lane; whether it was taken from it, the lane's share group says. */
        ISSUED,
        FINISHED,
        /** Its last attempt came to nothing; the producer issues it again. */
        FAILED
    }

    /** Where a result stands, and what it comes to. */
    record Result(
            Attempt attempt,
            int partition,
            List<Long> offsets,
            double reward,
            double rewardStd,
            int samples,
            long responseTokens) {}

    /** One of them. */
    static final class Group {
        final GroupIndex index;
        Stage stage = Stage.ISSUED;
        /** Of the newest task; 0 while only a receipt is known. */
        long attempt;

        @Nullable
        Lane lane;

        long offset;
        long issuedMs;
        int samples;

        @Nullable
        WeightVersion issueVersion;
        /** When the stage began. */
        long sinceMs;

        @Nullable
        Result result;

        Group(GroupIndex index) {
            this.index = index;
        }
    }

    private final NavigableMap<Long, Group> groups = new TreeMap<>();
    private final Map<Lane, Long> claimed = new EnumMap<>(Lane.class);
    private long untracked;

    Collection<Group> all() {
        return groups.values();
    }

    @Nullable
    Group get(GroupIndex index) {
        return groups.get(index.value());
    }

    /** Groups that were not taken in, since the table was full. */
    long untracked() {
        return untracked;
    }

    private @Nullable Group open(GroupIndex index) {
        Group group = groups.get(index.value());
        if (group == null) {
            if (groups.size() >= GROUPS_MAX) {
                untracked++;
                return null;
            }
            group = new Group(index);
            groups.put(index.value(), group);
        }
        return group;
    }

    /** A task stands on a lane. */
    void task(Lane lane, TrainingTask task, long offset, long ms) {
        Group group = open(task.groupIndex());
        if (group == null || group.attempt >= task.attempt().value()) {
            return;
        }
        group.attempt = task.attempt().value();
        group.lane = lane;
        group.offset = offset;
        group.issuedMs = ms;
        group.samples = task.samples();
        group.issueVersion = task.issueVersion();
        if (group.stage != Stage.FINISHED) {
            group.stage = Stage.ISSUED;
            group.sinceMs = ms;
        }
    }

    /** An attempt has ended. */
    void receipt(Receipt receipt, long ms) {
        Group group = open(receipt.groupIndex());
        if (group == null) {
            return;
        }
        switch (receipt.outcome()) {
            case Receipt.Success success -> {
                if (group.stage != Stage.FINISHED) {
                    group.stage = Stage.FINISHED;
                    group.sinceMs = ms;
                    group.result = new Result(
                            receipt.attempt(),
                            success.partition(),
                            success.offsets(),
                            success.rewards().mean(),
                            success.rewards().std(),
                            receipt.samples(),
                            receipt.responseTokens());
                }
            }
            case Receipt.Failure _, Receipt.HandedBack _ -> failed(group, receipt.attempt(), ms);
            case Receipt.Abandoned _ -> failed(group, receipt.attempt(), ms);
        }
    }

    /** The result of an attempt does not count. */
    void undone(GroupIndex index, Attempt attempt, long ms) {
        Group group = groups.get(index.value());
        if (group != null && group.result != null && group.result.attempt().equals(attempt)) {
            group.result = null;
            group.stage = group.attempt > attempt.value() ? Stage.ISSUED : Stage.FAILED;
            group.sinceMs = ms;
        }
    }

    private static void failed(Group group, Attempt attempt, long ms) {
        if (group.stage != Stage.FINISHED && attempt.value() >= group.attempt) {
            group.stage = Stage.FAILED;
            group.sinceMs = ms;
        }
    }

    /** The group has ended, or was another's. */
    void remove(GroupIndex index) {
        groups.remove(index.value());
    }

    /** Those from one index (inclusive) to another have ended. */
    void remove(long from, long to) {
        groups.subMap(from, to).clear();
    }

    /** Everything on the lane below this offset was taken. */
    void claimed(Lane lane, long startOffset) {
        claimed.merge(lane, startOffset, Math::max);
    }

    /** Whether its newest task has left its lane, as far as the lane's share group tells. */
    boolean taken(Group group) {
        return group.lane != null && group.offset < claimed.getOrDefault(group.lane, 0L);
    }

    /** Those whose result waits, in order of index. */
    List<Group> finished() {
        List<Group> finished = new ArrayList<>();
        for (Group group : groups.values()) {
            if (group.stage == Stage.FINISHED) {
                finished.add(group);
            }
        }
        return finished;
    }
}
