package io.millrace.producer.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Which tasks of a lane may still be in its queue, by offset. Owned by {@link Ledger}. */
final class LaneQueue {
    /** A task of the lane. */
    record Entry(long offset, long group, long attempt) {}

    private final NavigableMap<Long, Entry> queued = new TreeMap<>();
    private long startOffset;

    void add(Entry entry) {
        queued.put(entry.offset(), entry);
    }

    /** Whether the task at this offset has left the queue. */
    boolean isPast(long offset) {
        return offset < startOffset;
    }

    /** Every task below the offset has left the queue; returns those that were not known to. */
    List<Entry> moveTo(long offset) {
        if (offset <= startOffset) {
            return List.of();
        }
        startOffset = offset;
        Map<Long, Entry> gone = queued.headMap(offset);
        List<Entry> left = new ArrayList<>(gone.values());
        gone.clear();
        return left;
    }
}
