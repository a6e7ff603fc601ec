package io.millrace.trainer.gate;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.TrainingTask;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.GroupEnds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The rule of {@link StalenessGate} made from scratch each time: every group is looked at, nothing is remembered. What the
 * gate says is compared with it.
 */
public record GateOracle(int maxStaleness, OnStale onStale, BatchOrder order, boolean maskStale, Capacity capacity) {
    private record Standing(
            List<FinishedGroup> finished,
            Collection<TrainingTask> out,
            Predicate<GroupIndex> settled,
            Predicate<GroupIndex> leased,
            long lowWaterMark,
            WeightVersion version,
            long stepsInVersion) {}

    private Comparator<FinishedGroup> oldestFirst() {
        return Comparator.comparing(this::counts)
                .thenComparing(FinishedGroup::oldestVersion)
                .thenComparing(FinishedGroup::groupIndex);
    }

    private WeightVersion counts(FinishedGroup group) {
        return maskStale ? group.newestVersion() : group.oldestVersion();
    }

    private static List<FinishedGroup> free(Collection<FinishedGroup> finished, Set<GroupIndex> leased) {
        return finished.stream()
                .filter(group -> !leased.contains(group.groupIndex()))
                .toList();
    }

    /** @param finished ascending by index */
    public List<FinishedGroup> stale(
            Collection<FinishedGroup> finished, Set<GroupIndex> leased, WeightVersion version) {
        return free(finished, leased).stream()
                .filter(group -> version.value() - counts(group).value() > maxStaleness)
                .toList();
    }

    /**
     * What the gate is to say.
     *
     * @param finished ascending by index
     * @param out every task that stands on the lanes
     */
    public BatchChoice choose(
            Collection<FinishedGroup> finished,
            Collection<TrainingTask> out,
            Set<GroupIndex> leased,
            GroupEnds settlement,
            long lowWaterMark,
            WeightVersion version,
            long stepsInVersion) {
        Standing all = new Standing(
                free(finished, leased),
                out,
                settlement::isSettled,
                leased::contains,
                lowWaterMark,
                version,
                stepsInVersion);
        Standing now = announced(all);
        BatchChoice choice = switch (order) {
            case OLDEST_FIRST -> first(now, oldestFirst());
            case COMPLETION_ORDER -> first(now, Comparator.comparingLong(FinishedGroup::arrival));
            case STRICT -> strict(now);
        };
        if (onStale == OnStale.DISCARD || order == BatchOrder.STRICT || !(choice instanceof BatchChoice.Ready ready)) {
            return choice;
        }
        NavigableMap<Long, Integer> unfinished = unfinished(all);
        if (order == BatchOrder.COMPLETION_ORDER && late(now, ready, unfinished).isPresent()) {
            choice = first(now, oldestFirst());
        }
        return choice instanceof BatchChoice.Ready oldest
                ? late(now, oldest, unfinished).<BatchChoice>map(held -> held).orElse(oldest)
                : choice;
    }

    private static Standing announced(Standing now) {
        return new Standing(
                now.finished().stream()
                        .filter(group -> group.newestVersion().compareTo(now.version()) <= 0)
                        .toList(),
                now.out(),
                now.settled(),
                now.leased(),
                now.lowWaterMark(),
                now.version(),
                now.stepsInVersion());
    }

    private BatchChoice first(Standing now, Comparator<FinishedGroup> by) {
        int need = capacity.batchGroups();
        if (now.finished().size() < need) {
            return new BatchChoice.NotYet(now.finished().size(), need);
        }
        return new BatchChoice.Ready(now.finished().stream()
                .sorted(by)
                .limit(need)
                .sorted(Comparator.comparing(FinishedGroup::groupIndex))
                .toList());
    }

    private BatchChoice strict(Standing now) {
        int need = capacity.batchGroups();
        List<FinishedGroup> groups = new ArrayList<>(need);
        long next = now.lowWaterMark();
        for (FinishedGroup group : now.finished()) {
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

    private static long firstFree(Standing now, long from) {
        long index = from;
        while (now.settled().test(new GroupIndex(index)) || now.leased().test(new GroupIndex(index))) {
            index++;
        }
        return index;
    }

    private static NavigableMap<Long, Integer> unfinished(Standing now) {
        Set<GroupIndex> finished =
                now.finished().stream().map(FinishedGroup::groupIndex).collect(Collectors.toSet());
        Map<GroupIndex, TrainingTask> newest = new HashMap<>();
        now.out()
                .forEach(task -> newest.merge(
                        task.groupIndex(),
                        task,
                        (known, next) -> next.attempt().compareTo(known.attempt()) > 0 ? next : known));
        NavigableMap<Long, Integer> counts = new TreeMap<>();
        newest.forEach((index, task) -> {
            if (!finished.contains(index)
                    && !now.settled().test(index)
                    && !now.leased().test(index)) {
                counts.merge(task.oldestVersion().value(), 1, Integer::sum);
            }
        });
        return counts;
    }

    /** Which groups would pass the bound if this step were handed over; the first bound that is missed. */
    private Optional<BatchChoice.Held> late(Standing now, BatchChoice.Ready step, SortedMap<Long, Integer> unfinished) {
        long newest = step.groups().stream()
                .mapToLong(group -> counts(group).value())
                .max()
                .orElseThrow();
        long stepsLeft = Math.max(0, capacity.stepsPerVersion() - now.stepsInVersion() - 1);
        long oldestAllowed = now.version().value() - maxStaleness;
        long left = 0;
        int out = 0;
        for (Map.Entry<Long, Integer> of :
                left(now, step, unfinished).headMap(newest).entrySet()) {
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
            Standing now, BatchChoice.Ready step, SortedMap<Long, Integer> unfinished) {
        Set<GroupIndex> chosen =
                step.groups().stream().map(FinishedGroup::groupIndex).collect(Collectors.toSet());
        NavigableMap<Long, Integer> left = new TreeMap<>(unfinished);
        for (FinishedGroup group : now.finished()) {
            if (!chosen.contains(group.groupIndex())) {
                left.merge(counts(group).value(), 1, Integer::sum);
            }
        }
        return left;
    }
}
