package io.millrace.common.rollout;

import io.millrace.common.id.WeightVersion;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Staleness of groups at their hand-over, in weight versions. In flight: from a group's oldest token to its newest; in
 * queue: from there to the hand-over. Not thread-safe.
 */
public final class StalenessFigures {
    private final TreeMap<Long, Long> histogram = new TreeMap<>();
    private long inFlight;
    private long inQueue;

    /**
     * Of the groups of one batch.
     *
     * @param maskBelow tokens of older versions are masked and do not count; null where none are
     */
    public static Snapshot of(WeightVersion version, @Nullable WeightVersion maskBelow, List<GroupHeader> groups) {
        StalenessFigures figures = new StalenessFigures();
        groups.forEach(group ->
                figures.add(version, unmasked(group.oldestWeightVersion(), maskBelow), group.newestWeightVersion()));
        return figures.snapshot();
    }

    /** The oldest version that counts. */
    public static WeightVersion unmasked(WeightVersion oldest, @Nullable WeightVersion maskBelow) {
        return maskBelow != null && maskBelow.compareTo(oldest) > 0 ? maskBelow : oldest;
    }

    /** A group is handed over at this version. */
    public void add(WeightVersion version, WeightVersion oldest, WeightVersion newest) {
        histogram.merge(version.value() - oldest.value(), 1L, Long::sum);
        inFlight += newest.value() - oldest.value();
        inQueue += version.value() - newest.value();
    }

    /**
     * @param groups how many the figures are over
     * @param mean of all, the sum of both shares
     * @param histogram groups by staleness
     */
    public record Snapshot(
            long groups, double mean, double meanInFlight, double meanInQueue, long max, Map<Long, Long> histogram) {
        public Snapshot {
            histogram = Map.copyOf(histogram);
        }
    }

    /** What has been added so far. */
    public Snapshot snapshot() {
        long groups = histogram.values().stream().mapToLong(Long::longValue).sum();
        if (groups == 0) {
            return new Snapshot(0, 0, 0, 0, 0, Map.of());
        }
        return new Snapshot(
                groups,
                (inFlight + inQueue) / (double) groups,
                inFlight / (double) groups,
                inQueue / (double) groups,
                histogram.lastKey(),
                histogram);
    }
}
