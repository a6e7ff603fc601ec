package io.millrace.producer.scale;

import io.millrace.common.record.WorkersRecord.Wanted;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.ToDoubleFunction;

/*
 * The signal follows the workers that there are: so many more, or fewer, or as many as wanted so far. So one that nobody
 * follows does not run away, and one that somebody follows comes to rest.
 *
 * More, when for raiseAfter slots are full, the oldest task has waited as long, and the trainer waits for a noticeable part of
 * its time. Without the last, generation keeps up, and more workers would only fill the queue of results until admission
 * stops them. How many: as many as would have something to do, at most twice as many as there are.
 *
 * Fewer, when slots were idle on average of lowerAfter: as many as would be full to AIM. A trainer that takes its steps
 * in waves leaves slots idle between two of them, so it is the average that counts, never a moment.
 *
 * A worker that dies changes nothing: its place is still wanted. Where the workers have been other than wanted for
 * lowerAfter, and nothing calls for a change, what there is is what is wanted: somebody else has decided.
 *
 * After a change the other direction is shut for lowerAfter, and what was seen of another fleet says nothing of this one.
 */

/**
 * How many workers the run could use, from queue depth, ages, slots in use and what the trainer waits for. Pure: fed with
 * what is so at a moment, by one monotonic clock. One owner.
 */
public final class WorkersWanted {
    /**
     * What is so at a moment.
     *
     * @param fleet the workers that are there
     * @param queuedSamples of tasks that no worker has taken
     * @param oldestQueuedMs how long the oldest of those has waited; 0 for none
     * @param trainerWaits whether no step is with the trainer
     */
    public record Moment(Fleet.Size fleet, long queuedSamples, long oldestQueuedMs, boolean trainerWaits) {
        double use() {
            return fleet.slots() == 0 ? 0 : (double) fleet.slotsInUse() / fleet.slots();
        }
    }

    private enum Direction {
        NONE,
        MORE,
        FEWER
    }

    private record Seen(long ms, Moment moment) {}

    private final ScalingRules rules;
    private final Deque<Seen> seen = new ArrayDeque<>();
    private Direction last = Direction.NONE;
    private long changedMs;
    private long sameFleetSinceMs;
    private int fleet = -1;
    private boolean known;
    private Wanted wanted;

    public WorkersWanted(ScalingRules rules) {
        this.rules = rules;
        this.wanted = new Wanted(rules.min(), "no worker has been heard yet");
    }

    /** What was said last. */
    public Wanted wanted() {
        return wanted;
    }

    /** Takes what is so now; returns how many are wanted. */
    public Wanted at(Moment moment, long nowMs) {
        int workers = moment.fleet().workers();
        if (workers != fleet) {
            fleet = workers;
            sameFleetSinceMs = nowMs;
            seen.clear();
        }
        seen.addLast(new Seen(nowMs, moment));
        while (nowMs - seen.getFirst().ms() > rules.lowerAfter().toMillis()) {
            seen.removeFirst();
        }
        Wanted next = decide(moment, nowMs);
        if (!known) {
            // Nobody has followed anything yet: this is where the run is.
            known = workers > 0;
            wanted = next;
            return wanted;
        }
        Direction direction = direction(next.workers());
        if (direction != Direction.NONE) {
            if (last != Direction.NONE
                    && direction != last
                    && nowMs - changedMs < rules.lowerAfter().toMillis()) {
                return wanted;
            }
            last = direction;
            changedMs = nowMs;
        }
        wanted = next;
        return wanted;
    }

    private Direction direction(int next) {
        return next == wanted.workers() ? Direction.NONE : next > wanted.workers() ? Direction.MORE : Direction.FEWER;
    }

    private Wanted bounded(long workers, String why) {
        int within = Math.clamp(workers, rules.min(), rules.max());
        return new Wanted(
                within,
                within == workers ? why : why + "; from " + rules.min() + " to " + rules.max() + " are allowed");
    }

    private Wanted decide(Moment moment, long nowMs) {
        int workers = moment.fleet().workers();
        if (workers == 0) {
            return moment.queuedSamples() > 0
                    ? bounded(Math.max(1, wanted.workers()), "tasks wait, and no worker is there")
                    : bounded(wanted.workers(), "no worker is there, and no task waits");
        }
        long upMs = rules.raiseAfter().toMillis();
        long downMs = rules.lowerAfter().toMillis();
        long sameMs = nowMs - sameFleetSinceMs;
        if (sameMs >= upMs
                && moment.oldestQueuedMs() >= upMs
                && average(nowMs - upMs, Moment::use) >= ScalingRules.FULL
                && average(nowMs - downMs, one -> one.trainerWaits() ? 1 : 0) >= ScalingRules.WAITING) {
            double each = Math.max(1, (double) moment.fleet().slots() / workers);
            long busy = (long) Math.ceil((moment.fleet().slotsInUse() + moment.queuedSamples()) / each);
            return bounded(
                    Math.clamp(busy, workers + 1L, 2L * workers), "slots are full, tasks wait, the trainer waits");
        }
        if (sameMs >= downMs) {
            double use = average(nowMs - downMs, Moment::use);
            if (use < ScalingRules.IDLE) {
                long enough = (long) Math.ceil(workers * use / ScalingRules.AIM);
                return bounded(Math.clamp(enough, 1, workers), "slots are idle");
            }
            return bounded(workers, "as many as there are");
        }
        return known ? bounded(wanted.workers(), "as before") : bounded(workers, "as many as there are");
    }

    private double average(long fromMs, ToDoubleFunction<Moment> of) {
        return seen.stream()
                .filter(one -> one.ms() >= fromMs)
                .mapToDouble(one -> of.applyAsDouble(one.moment()))
                .average()
                .orElse(0);
    }
}
