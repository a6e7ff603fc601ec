package io.millrace.trainer.collect;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finished and unsettled groups by index, counted by their versions, and in each order that was ever asked for: so that a
 * choice among many costs what is chosen, and O(log groups) for each that comes and goes. Owned by the collector.
 */
public final class FinishedGroups {
    /** Takes how many groups have these oldest and newest versions. */
    @FunctionalInterface
    public interface VersionsConsumer {
        void accept(long oldest, long newest, int groups);
    }

    private final NavigableMap<GroupIndex, FinishedGroup> byIndex = new TreeMap<>();
    /** By oldest and by newest version. */
    private final NavigableMap<Long, NavigableMap<Long, Integer>> versions = new TreeMap<>();

    private final IdentityHashMap<Comparator<FinishedGroup>, NavigableSet<FinishedGroup>> orders =
            new IdentityHashMap<>();
    private Consumer<GroupIndex> changed = index -> {};

    /** @param changed gets each group as it starts or ceases to be here */
    public void onChange(Consumer<GroupIndex> changed) {
        this.changed = changed;
    }

    /** A group that is not here yet. */
    public void add(FinishedGroup group) {
        byIndex.put(group.groupIndex(), group);
        count(group, 1);
        orders.values().forEach(order -> order.add(group));
        changed.accept(group.groupIndex());
    }

    /** Nothing happens where it is not here. */
    public void remove(GroupIndex index) {
        FinishedGroup group = byIndex.remove(index);
        if (group != null) {
            count(group, -1);
            orders.values().forEach(order -> order.remove(group));
            changed.accept(index);
        }
    }

    private void count(FinishedGroup group, int one) {
        long oldest = group.oldestVersion().value();
        NavigableMap<Long, Integer> of = versions.computeIfAbsent(oldest, none -> new TreeMap<>());
        of.merge(group.newestVersion().value(), one, FinishedGroups::sum);
        if (of.isEmpty()) {
            versions.remove(oldest);
        }
    }

    private static @Nullable Integer sum(int known, int one) {
        return known + one == 0 ? null : (Integer) (known + one);
    }

    /** @return null when it is not here */
    public @Nullable FinishedGroup get(GroupIndex index) {
        return byIndex.get(index);
    }

    public boolean contains(GroupIndex index) {
        return byIndex.containsKey(index);
    }

    public int size() {
        return byIndex.size();
    }

    /** In ascending order; a live view. */
    public Collection<FinishedGroup> all() {
        return Collections.unmodifiableCollection(byIndex.values());
    }

    /**
     * In this order; a live view.
     *
     * @param order the same object each time, which tells any two groups apart
     */
    public Collection<FinishedGroup> by(Comparator<FinishedGroup> order) {
        return Collections.unmodifiableCollection(orders.computeIfAbsent(order, this::sorted));
    }

    private NavigableSet<FinishedGroup> sorted(Comparator<FinishedGroup> order) {
        NavigableSet<FinishedGroup> sorted = new TreeSet<>(order);
        sorted.addAll(byIndex.values());
        return sorted;
    }

    /** How many have tokens of a newer version than this. */
    public int ahead(WeightVersion version) {
        return versions.values().stream()
                .flatMap(of -> of.tailMap(version.value(), false).values().stream())
                .mapToInt(Integer::intValue)
                .sum();
    }

    /** Each pair of versions that groups have. */
    public void versions(VersionsConsumer each) {
        versions.forEach((oldest, of) -> of.forEach((newest, groups) -> each.accept(oldest, newest, groups)));
    }
}
