package io.millrace.worker.claim;

import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Kafka counts how often a record was delivered, and takes it from the queue after a few times (5 by default), released or
 * not. So a worker that met a task that it cannot read stays away from its lane: the producer writes newer tasks from some
 * moment on, so that little of its own stands behind it. What was delivered too often is not lost, since the ledger issues
 * it again as it does after a worker's death; what no worker ever knows ends as a dead letter, after max-losses times.
 */

/** Lanes that are left to workers of a newer release for a while. One owner. */
final class NewerTasks {
    private static final Logger log = LoggerFactory.getLogger(NewerTasks.class);

    /** Until the first look again. */
    static final Duration WAIT_FIRST = Duration.ofMinutes(1);

    /** Twice as long each time, and never longer. */
    static final Duration WAIT_MAX = Duration.ofMinutes(16);

    private static final Duration SAY_EVERY = Duration.ofSeconds(10);

    private record Left(long sinceNanos, Duration limit, String reason) {}

    private final Ticker ticker;
    private final EverySoOften lines;
    private final Map<Lane, Left> left = new EnumMap<>(Lane.class);

    NewerTasks(Ticker ticker) {
        this.ticker = ticker;
        this.lines = new EverySoOften(SAY_EVERY, ticker);
    }

    /** A task stood there that this release does not know; it was released. */
    void met(Lane lane, String reason) {
        Left before = left.get(lane);
        if (before != null && !isOver(before)) {
            return;
        }
        Duration wait = before == null ? WAIT_FIRST : min(before.limit().multipliedBy(2), WAIT_MAX);
        left.put(lane, new Left(ticker.nanos(), wait, reason));
        if (lines.isDue()) {
            log.warn(
                    "a newer release writes the tasks of {}: {}. They are left to workers of that release; this one looks"
                            + " again in {} s: start it by the newer release",
                    lane,
                    reason,
                    wait.toSeconds());
        }
    }

    /** Something of the lane could be read; what came in one poll with a newer task says nothing. */
    void known(Lane lane) {
        Left one = left.get(lane);
        if (one != null && isOver(one)) {
            left.remove(lane);
        }
    }

    /** Why a lane is not asked now; empty when it is. */
    Optional<String> holds(Lane lane) {
        Left one = left.get(lane);
        return one == null || isOver(one)
                ? Optional.empty()
                : Optional.of("nothing of " + lane.word() + ", whose tasks a newer release writes: " + one.reason());
    }

    private boolean isOver(Left one) {
        return ticker.nanos() - one.sinceNanos() >= one.limit().toNanos();
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
