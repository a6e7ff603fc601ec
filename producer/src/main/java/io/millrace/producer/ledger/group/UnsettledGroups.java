package io.millrace.producer.ledger.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The groups between publication and settlement, in order of their indices, counted by where they are. Owned by the ledger. */
public final class UnsettledGroups {
    private final NavigableMap<Long, Group> groups = new TreeMap<>();
    private final Map<GroupState.Kind, Long> byKind = new EnumMap<>(GroupState.Kind.class);
    private final NavigableMap<Long, Group> failed = new TreeMap<>();
    private final NavigableMap<Long, Group> abandoning = new TreeMap<>();
    private final SilentGroups silent;

    /** @param overAtMs when an attempt in flight is over at the earliest if nothing more is heard of it */
    public UnsettledGroups(ToLongFunction<Group> overAtMs) {
        this.silent = new SilentGroups(overAtMs);
    }

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

    /** Those that have {@link GroupState.Kind#FAILED}, ascending; a view. */
    public Collection<Group> failed() {
        return Collections.unmodifiableCollection(failed.values());
    }

    /** Those that are {@link GroupState.Kind#ABANDONING}, ascending; a view. */
    public Collection<Group> abandoning() {
        return Collections.unmodifiableCollection(abandoning.values());
    }

    /** Those in flight, by when they are over. */
    public SilentGroups silent() {
        return silent;
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
        GroupState.Kind after = group.refresh().kind();
        if (before != after) {
            leave(before, group.index);
            byKind.merge(after, 1L, Long::sum);
            switch (after) {
                case FAILED -> failed.put(group.index, group);
                case ABANDONING -> abandoning.put(group.index, group);
                default -> {}
            }
        }
        if (after == GroupState.Kind.IN_FLIGHT) {
            silent.inFlight(group);
        } else if (before == GroupState.Kind.IN_FLIGHT) {
            silent.ended(group);
        }
    }

    private void leave(GroupState.Kind before, long index) {
        byKind.merge(before, -1L, Long::sum);
        switch (before) {
            case FAILED -> failed.remove(index);
            case ABANDONING -> abandoning.remove(index);
            default -> {}
        }
    }

    /** Holds the group no longer; false when it did not. */
    public boolean remove(long index) {
        Group group = groups.remove(index);
        if (group != null) {
            leave(group.state().kind(), index);
            silent.ended(group);
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
