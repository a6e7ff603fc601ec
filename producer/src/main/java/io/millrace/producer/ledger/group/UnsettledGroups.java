package io.millrace.producer.ledger.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** The groups between publication and settlement, in order of their indices, counted by where they are. Owned by the ledger. */
public final class UnsettledGroups {
    private final NavigableMap<Long, Group> groups = new TreeMap<>();
    private final Map<GroupState.Kind, Long> byKind = new EnumMap<>(GroupState.Kind.class);

    /** Null when it is settled, or nothing is known of it. */
    public @Nullable Group get(long index) {
        return groups.get(index);
    }

    public Collection<Group> all() {
        return groups.values();
    }

    public long count(GroupState.Kind kind) {
        return byKind.getOrDefault(kind, 0L);
    }

    /** The group, {@link GroupState.Kind#ANNOUNCED} where this is the first word of it. */
    public Group add(long index) {
        Group known = groups.get(index);
        if (known != null) {
            return known;
        }
        Group group = new Group(index);
        groups.put(index, group);
        byKind.merge(GroupState.Kind.ANNOUNCED, 1L, Long::sum);
        return group;
    }

    /** Whether this attempt of a group, its newest, is where nobody is known to have taken it. */
    public boolean isQueued(long index, long attempt) {
        Group group = groups.get(index);
        Issue issue = group == null ? null : group.issue();
        return group != null
                && issue != null
                && group.state().kind() == GroupState.Kind.QUEUED
                && issue.attempt().value() == attempt;
    }

    /** Moves the group to the state that its facts give. */
    public void refresh(Group group) {
        GroupState.Kind before = group.state().kind();
        byKind.merge(before, -1L, Long::sum);
        byKind.merge(group.refresh().kind(), 1L, Long::sum);
    }

    /** Holds the group no longer; false when it did not. */
    public boolean remove(long index) {
        Group group = groups.remove(index);
        if (group != null) {
            byKind.merge(group.state().kind(), -1L, Long::sum);
        }
        return group != null;
    }

    /** The indices that the test takes. */
    public List<Long> indices(LongPredicate test) {
        List<Long> indices = new ArrayList<>();
        groups.keySet().stream().filter(test::test).forEach(indices::add);
        return indices;
    }

    /** The lowest index, {@link Long#MAX_VALUE} where there is none. */
    public long first() {
        return groups.isEmpty() ? Long.MAX_VALUE : groups.firstKey();
    }
}
