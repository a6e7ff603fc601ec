package io.millrace.producer.ledger;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which group indices are settled: all below the low-water mark, and ranges above it. There are at most as many ranges
 * as unsettled groups below the highest settled one, so a long run costs no more than a short one. One owner.
 */
final class SettledIndices {
    /** First index to the one after the last; ranges neither touch nor overlap. */
    private final NavigableMap<Long, Long> above = new TreeMap<>();

    private long lowWaterMark;

    /** Every index below it is settled, it is not. */
    long lowWaterMark() {
        return lowWaterMark;
    }

    int ranges() {
        return above.size();
    }

    boolean contains(long index) {
        if (index < lowWaterMark) {
            return true;
        }
        Map.Entry<Long, Long> range = above.floorEntry(index);
        return range != null && index < range.getValue();
    }

    /** Returns whether it was not settled before. */
    boolean add(long index) {
        if (contains(index)) {
            return false;
        }
        long from = index;
        long to = index + 1;
        Map.Entry<Long, Long> before = above.floorEntry(index);
        if (before != null && before.getValue() == index) {
            from = before.getKey();
        }
        Long joined = above.remove(to);
        above.put(from, joined == null ? to : joined);
        takeIn();
        return true;
    }

    /** Settles everything below the mark; a mark below the present one changes nothing. */
    void raiseTo(long mark) {
        if (mark > lowWaterMark) {
            lowWaterMark = mark;
            takeIn();
        }
    }

    /** Lets ranges that reach down to the mark raise it. */
    private void takeIn() {
        while (!above.isEmpty() && above.firstKey() <= lowWaterMark) {
            lowWaterMark = Math.max(lowWaterMark, above.pollFirstEntry().getValue());
        }
    }
}
