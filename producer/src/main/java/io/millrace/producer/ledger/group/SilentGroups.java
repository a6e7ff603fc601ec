package io.millrace.producer.ledger.group;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * The groups in flight by the time at which each is over if nothing more is heard of it. Each word of a group moves that
 * time on, and words come far more often than times; so a group stands here with a time at which to look again, never
 * later than its own, and is put further back when that has come. A word costs nothing, a look costs O(log groups), and
 * there is one for a group in each worker timeout. Times are of the ledger's own clock, milliseconds. One owner.
 */
public final class SilentGroups {
    private record Look(long atMs, Group group) {}

    private final PriorityQueue<Look> looks = new PriorityQueue<>(Comparator.comparingLong(Look::atMs));
    /** Those whose time has come, by index. */
    private final NavigableMap<Long, Group> over = new TreeMap<>();

    private final ToLongFunction<Group> overAtMs;

    SilentGroups(ToLongFunction<Group> overAtMs) {
        this.overAtMs = overAtMs;
    }

    /** The group is in flight, and something may be news of it. */
    void inFlight(Group group) {
        long atMs = overAtMs.applyAsLong(group);
        if (atMs < group.lookAtMs) {
            look(group, atMs);
        }
    }

    private void look(Group group, long atMs) {
        group.lookAtMs = atMs;
        looks.add(new Look(atMs, group));
    }

    /** It is in flight no more. */
    void ended(Group group) {
        over.remove(group.index);
        // What stands in the queue with another time is passed over when its time comes.
        group.lookAtMs = Long.MAX_VALUE;
    }

    /** Those of which nothing was heard until their time, ascending by index; a view. */
    public Collection<Group> over(long nowMs) {
        while (!looks.isEmpty() && looks.peek().atMs() <= nowMs) {
            Look look = looks.remove();
            Group group = look.group();
            if (group.lookAtMs != look.atMs()) {
                continue;
            }
            long atMs = overAtMs.applyAsLong(group);
            if (atMs <= nowMs) {
                // Below every time: nothing that is heard of it makes another look.
                group.lookAtMs = Long.MIN_VALUE;
                over.put(group.index, group);
            } else {
                look(group, atMs);
            }
        }
        return Collections.unmodifiableCollection(over.values());
    }

    /** Something was heard of these after their time had come, and before it was acted on. */
    public void notOver(List<Group> groups) {
        for (Group group : groups) {
            over.remove(group.index);
            look(group, overAtMs.applyAsLong(group));
        }
    }
}
