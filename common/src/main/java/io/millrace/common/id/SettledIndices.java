package io.millrace.common.id;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which group indices are settled: a set that grows from below, kept as ranges, so it costs what its holes cost and a
 * long run no more than a short one. Every operation but {@link #ranges} takes O(log ranges). One owner; not
 * thread-safe.
 */
public final class SettledIndices {
    /** From inclusive to exclusive; never touching another one. */
    private final NavigableMap<Long, Long> ranges = new TreeMap<>();

    /**
     * Indices from {@code from} (inclusive) to {@code to} (exclusive).
     */
    public record Range(long from, long to) {
        public Range {
            if (from < 0 || to <= from) {
                throw new IllegalArgumentException("a range needs 0 <= from < to, was " + from + " to " + to);
            }
        }
    }

    /** @return false when it was there already */
    public boolean add(GroupIndex index) {
        long value = index.value();
        Map.Entry<Long, Long> below = ranges.floorEntry(value);
        if (below != null && value < below.getValue()) {
            return false;
        }
        long from = below != null && below.getValue() == value ? below.getKey() : value;
        Long joined = ranges.remove(value + 1);
        ranges.put(from, joined == null ? value + 1 : joined);
        return true;
    }

    public boolean contains(GroupIndex index) {
        Map.Entry<Long, Long> below = ranges.floorEntry(index.value());
        return below != null && index.value() < below.getValue();
    }

    /** The smallest index that is not in the set: everything below it is. */
    public long lowWaterMark() {
        Long to = ranges.get(0L);
        return to == null ? 0 : to;
    }

    /** Adds every index below the mark; a mark below the present one changes nothing. */
    public void raiseTo(long mark) {
        if (mark <= lowWaterMark()) {
            return;
        }
        long to = mark;
        while (!ranges.isEmpty() && ranges.firstKey() <= mark) {
            to = Math.max(to, ranges.pollFirstEntry().getValue());
        }
        ranges.put(0L, to);
    }

    /**
     * Becomes the set of these ranges, whatever it was before.
     *
     * @param copy as {@link #ranges} gives them
     */
    public void restore(List<Range> copy) {
        ranges.clear();
        copy.forEach(range -> ranges.put(range.from(), range.to()));
    }

    /** A copy, ascending, no two of them touching. */
    public List<Range> ranges() {
        List<Range> copy = new ArrayList<>(ranges.size());
        ranges.forEach((from, to) -> copy.add(new Range(from, to)));
        return copy;
    }
}
