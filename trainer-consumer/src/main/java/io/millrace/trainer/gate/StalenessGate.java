package io.millrace.trainer.gate;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.FinishedGroups;
import io.millrace.trainer.collect.GroupEnds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * A group whose oldest version is w must be handed over by version w + maxStaleness at the latest. So of the groups with
 * oldest version at most w = version - maxStaleness + d, those that are left after this step must fit into the steps
 * after it of this version and of the d versions that follow.
 *
 * Oldest version first is the earliest deadline first: if any order of handing over keeps every deadline, this one does.
 * With it, whatever is left at or below a w that is older than something in the step has not finished, since everything
 * finished at or below w is in the step already. Waiting for it is what can help, and only then: when the whole step is
 * at or below w, no other choice takes more of what is late.
 *
 * A wait ends. What is waited for is out, and whatever is out ends: it finishes and joins the step in place of something
 * newer, or is settled without training and counts no more.
 *
 * Where stale tokens are masked, only a group without a token within the bound is past it, so the newest version of its
 * tokens counts in place of the oldest. For a group that is out the version of its issue still counts: its newest token
 * is no older than that, and how much newer it will be, nobody knows. All of the above holds with these versions.
 *
 * With pipelineDepth at most maxStaleness and the steps per version that are configured, the bound can be kept from the
 * first step on: of the groups issued at w or before, all but (1 + pipelineDepth) x groups per version had been trained
 * when they were issued. A trainer that announces versions faster than that breaks the premise; then some groups do pass
 * the bound, and are discarded in either mode, since they can never be handed over.
 */

/** Chooses the next step's groups and keeps the bound on staleness. Immutable. */
public final class StalenessGate {
    private final int maxStaleness;
    private final OnStale onStale;
    private final BatchOrder order;
    private final boolean maskStale;
    private final Capacity capacity;
    private final Comparator<FinishedGroup> oldestFirst;
    private final Comparator<FinishedGroup> asTheyCame =
            Comparator.comparingLong(FinishedGroup::arrival).thenComparing(FinishedGroup::groupIndex);

    /**
     * @param maxStaleness the most versions between a token that is trained on and its hand-over
     * @param maskStale whether tokens past the bound are masked, instead of being the end of their group
     */
    public StalenessGate(int maxStaleness, OnStale onStale, BatchOrder order, boolean maskStale, Capacity capacity) {
        this.maxStaleness = maxStaleness;
        this.onStale = onStale;
        this.order = order;
        this.maskStale = maskStale;
        this.capacity = capacity;
        this.oldestFirst = Comparator.comparing(this::counts)
                .thenComparing(FinishedGroup::oldestVersion)
                .thenComparing(FinishedGroup::groupIndex);
    }

    /**
     * How the run stands.
     *
     * @param finished groups that are not settled
     * @param leased the groups of open leases, which no other step may have
     * @param settlement which groups are settled
     * @param lowWaterMark every group index below it is settled
     * @param version the trainer's
     * @param stepsInVersion steps acknowledged in it, and those that are leased
     */
    public record Standing(
            FinishedGroups finished,
            TasksOut out,
            Set<GroupIndex> leased,
            GroupEnds settlement,
            long lowWaterMark,
            WeightVersion version,
            long stepsInVersion) {
        /** Whether a step that is handed over now may have the group. */
        boolean isFree(FinishedGroup group) {
            return isAnnounced(group.newestVersion().value()) && !leased.contains(group.groupIndex());
        }

        boolean isAnnounced(long newestVersion) {
            return newestVersion <= version.value();
        }
    }

    /** The version by which the bound is measured. */
    private WeightVersion counts(FinishedGroup group) {
        return maskStale ? group.newestVersion() : group.oldestVersion();
    }

    /**
     * Tokens of versions older than this are masked in a step that is handed over now.
     *
     * @param version the trainer's
     * @return null when none are
     */
    public @Nullable WeightVersion maskBelow(WeightVersion version) {
        return maskStale && version.value() > maxStaleness ? new WeightVersion(version.value() - maxStaleness) : null;
    }

    /**
     * Finished groups that no step may have any more, ascending by index.
     *
     * @param leased groups of steps that are handed over already
     */
    public List<FinishedGroup> stale(FinishedGroups finished, Set<GroupIndex> leased, WeightVersion version) {
        return finished.by(oldestFirst).stream()
                .takeWhile(group -> version.value() - counts(group).value() > maxStaleness)
                .filter(group -> !leased.contains(group.groupIndex()))
                .sorted(Comparator.comparing(FinishedGroup::groupIndex))
                .toList();
    }

    /**
     * The next step, of groups none of which is {@link #stale}. One with a token newer than the trainer's version waits
     * until that is announced: until then it is neither in a step nor waited for.
     */
    public BatchChoice choose(Standing now) {
        NavigableMap<Long, Integer> free = free(now);
        BatchChoice choice = switch (order) {
            case OLDEST_FIRST -> first(now, free, oldestFirst);
            case COMPLETION_ORDER -> first(now, free, asTheyCame);
            case STRICT -> strict(now);
        };
        // In strict order the step is what it is; waiting would change nothing.
        if (onStale == OnStale.DISCARD || order == BatchOrder.STRICT || !(choice instanceof BatchChoice.Ready ready)) {
            return choice;
        }
        NavigableMap<Long, Integer> unfinished = now.out().byVersion(now.leased());
        if (order == BatchOrder.COMPLETION_ORDER
                && late(now, ready, free, unfinished).isPresent()) {
            choice = first(now, free, oldestFirst);
        }
        return choice instanceof BatchChoice.Ready oldest
                ? late(now, oldest, free, unfinished)
                        .<BatchChoice>map(held -> held)
                        .orElse(oldest)
                : choice;
    }

    /** How many groups a step may have, by the version that counts. */
    private NavigableMap<Long, Integer> free(Standing now) {
        NavigableMap<Long, Integer> free = new TreeMap<>();
        now.finished().versions((oldest, newest, groups) -> {
            if (now.isAnnounced(newest)) {
                free.merge(maskStale ? newest : oldest, groups, Integer::sum);
            }
        });
        for (GroupIndex index : now.leased()) {
            FinishedGroup group = now.finished().get(index);
            if (group != null && now.isAnnounced(group.newestVersion().value())) {
                free.merge(counts(group).value(), -1, Integer::sum);
            }
        }
        return free;
    }

    private BatchChoice first(Standing now, Map<Long, Integer> free, Comparator<FinishedGroup> by) {
        int need = capacity.batchGroups();
        int have = free.values().stream().mapToInt(Integer::intValue).sum();
        if (have < need) {
            return new BatchChoice.NotYet(have, need);
        }
        return new BatchChoice.Ready(now.finished().by(by).stream()
                .filter(now::isFree)
                .limit(need)
                .sorted(Comparator.comparing(FinishedGroup::groupIndex))
                .toList());
    }

    private BatchChoice strict(Standing now) {
        int need = capacity.batchGroups();
        List<FinishedGroup> groups = new ArrayList<>(need);
        long next = now.lowWaterMark();
        for (FinishedGroup group : now.finished().all()) {
            if (!now.isFree(group)) {
                continue;
            }
            next = firstFree(now, next);
            if (group.groupIndex().value() != next) {
                break;
            }
            groups.add(group);
            next++;
            if (groups.size() == need) {
                return new BatchChoice.Ready(groups);
            }
        }
        next = firstFree(now, next);
        return new BatchChoice.Missing(new GroupIndex(next), groups.size(), need);
    }

    /** The first group from this one on that is neither settled nor leased. */
    private static long firstFree(Standing now, long from) {
        long index = from;
        while (now.settlement().isSettled(new GroupIndex(index)) || now.leased().contains(new GroupIndex(index))) {
            index++;
        }
        return index;
    }

    /** Which groups would pass the bound if this step were handed over; the first bound that is missed. */
    private Optional<BatchChoice.Held> late(
            Standing now,
            BatchChoice.Ready step,
            NavigableMap<Long, Integer> free,
            NavigableMap<Long, Integer> unfinished) {
        long newest = step.groups().stream()
                .mapToLong(group -> counts(group).value())
                .max()
                .orElseThrow();
        long stepsLeft = Math.max(0, capacity.stepsPerVersion() - now.stepsInVersion() - 1);
        long oldestAllowed = now.version().value() - maxStaleness;
        long left = 0;
        int out = 0;
        for (Map.Entry<Long, Integer> of :
                left(step, free, unfinished).headMap(newest).entrySet()) {
            left += of.getValue();
            out += unfinished.getOrDefault(of.getKey(), 0);
            long version = Math.max(of.getKey(), oldestAllowed);
            long room = stepsLeft * capacity.batchGroups() + (version - oldestAllowed) * capacity.groupsPerVersion();
            if (version < newest && left > room) {
                return Optional.of(new BatchChoice.Held(new WeightVersion(version), out, room));
            }
        }
        return Optional.empty();
    }

    /** What this step leaves behind, finished or not, by the version that counts. */
    private NavigableMap<Long, Integer> left(
            BatchChoice.Ready step, Map<Long, Integer> free, NavigableMap<Long, Integer> unfinished) {
        NavigableMap<Long, Integer> left = new TreeMap<>(unfinished);
        free.forEach((version, groups) -> left.merge(version, groups, Integer::sum));
        for (FinishedGroup group : step.groups()) {
            left.merge(counts(group).value(), -1, Integer::sum);
        }
        return left;
    }
}
