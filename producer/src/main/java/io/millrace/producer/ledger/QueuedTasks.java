package io.millrace.producer.ledger;

import io.millrace.producer.ledger.account.LaneQueue;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * The tasks of a lane that nobody is known to have taken.
 *
 * @param waits whether a task that was not known to have left the lane is still to be taken
 */
public record QueuedTasks(LaneQueue lane, Predicate<LaneQueue.Entry> waits) {
    /** How many stand from this offset up to that one, exclusive. */
    public long count(long from, long to) {
        return lane.count(from, to, waits);
    }

    /** Since when the oldest has waited, by the ledger's clock; empty for none. */
    public OptionalLong oldestSinceMs() {
        return lane.oldest(waits).map(entry -> OptionalLong.of(entry.sinceMs())).orElse(OptionalLong.empty());
    }
}
