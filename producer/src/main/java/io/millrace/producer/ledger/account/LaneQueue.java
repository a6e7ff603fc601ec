package io.millrace.producer.ledger.account;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which tasks of a lane may still be in its queue. One offset may be that of several: a log that has lost its tail gives
 * the offset out again, and a task that is gone has left the queue with the one in its place. Owned by the ledger.
 */
public final class LaneQueue {
    /**
     * A task of the lane.
     *
     * @param sinceMs when the ledger learnt of it, by its own clock
     */
    public record Entry(long offset, long group, long attempt, long sinceMs) {}

    private final NavigableSet<Entry> queued = new TreeSet<>(Comparator.comparingLong(Entry::offset)
            .thenComparingLong(Entry::group)
            .thenComparingLong(Entry::attempt));
    private long startOffset;

    public void add(Entry entry) {
        queued.add(entry);
    }

    /** Whether the task at this offset has left the queue. */
    public boolean isPast(long offset) {
        return offset < startOffset;
    }

    /** How many tasks from this offset up to that one, exclusive, the test takes. */
    public long count(long from, long to, Predicate<Entry> test) {
        return queued.stream()
                .filter(entry -> entry.offset() >= from && entry.offset() < to)
                .filter(test)
                .count();
    }

    /** The oldest that the test takes; empty for none. */
    public Optional<Entry> oldest(Predicate<Entry> test) {
        return queued.stream().filter(test).findFirst();
    }

    /** Every task below the offset has left the queue; returns those that were not known to. */
    public List<Entry> moveTo(long offset) {
        if (offset <= startOffset) {
            return List.of();
        }
        startOffset = offset;
        List<Entry> left = new ArrayList<>();
        while (!queued.isEmpty() && queued.getFirst().offset() < offset) {
            left.add(queued.removeFirst());
        }
        return left;
    }
}
