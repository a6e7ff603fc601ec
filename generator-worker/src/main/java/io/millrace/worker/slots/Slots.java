package io.millrace.worker.slots;

import io.millrace.common.topics.Lane;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * Grants slots to samples as they get free and tells the claimer how many groups to fetch: no slot, no poll.
 *
 * <p>Thread-safe; one lock guards the table and the counts. Whoever frees a slot is told what may run in it.
 *
 * @param <G> a group
 */
public final class Slots<G> {
    /** A sample that now has a slot and must be run; its slot comes back with {@link Slots#release}, exactly once. */
    public record Grant<G>(G group, int sample) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final SlotTable<G> table;
    private final int unpublishedMax;
    private int unpublished;
    private boolean claiming = true;

    /** A slow broker holds generation back, by the limit of what is not published, instead of filling memory. */
    public Slots(SlotSettings settings) {
        this.table = new SlotTable<>(settings.slots(), settings.evaluationSlots(), settings.prefetch());
        this.unpublishedMax = settings.unpublishedMax();
    }

    private <T> T locked(Supplier<T> step) {
        lock.lock();
        try {
            return step.get();
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable step) {
        lock.lock();
        try {
            step.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean await(BooleanSupplier done, Duration limit) throws InterruptedException {
        long leftNanos = limit.toNanos();
        lock.lockInterruptibly();
        try {
            while (!done.getAsBoolean() && leftNanos > 0) {
                leftNanos = changed.awaitNanos(leftNanos);
            }
            return done.getAsBoolean();
        } finally {
            lock.unlock();
        }
    }

    /** A group was claimed and is being made ready; {@link #offer} or {@link #unprepared} follows, exactly once. */
    public void preparing(Lane lane) {
        change(() -> table.preparing(lane));
    }

    /** A group that was being made ready never will be. */
    public void unprepared(Lane lane) {
        change(() -> table.unprepared(lane));
    }

    /** Takes a prepared group in; returns what may start. */
    public List<Grant<G>> offer(G group, int samples, Lane lane) {
        return locked(() -> table.offer(group, samples, lane));
    }

    /** A sample of the lane gives its slot back; returns what may start. */
    public List<Grant<G>> release(Lane lane) {
        return locked(() -> {
            changed.signalAll();
            return table.release(lane);
        });
    }

    /**
     * The group's samples that have not started never will.
     *
     * @param generated told how many those are, when there are any; says whether no other sample of the group is being
     *     generated. The group then counts as generated from the same moment on, so that no one sees it nowhere. Called
     *     under the lock
     * @return how many those are
     */
    public int withdraw(G group, IntPredicate generated) {
        return locked(() -> {
            changed.signalAll();
            int never = table.withdraw(group);
            if (never > 0 && generated.test(never)) {
                unpublished++;
            }
            return never;
        });
    }

    /** Every sample of a group has ended; it now waits for scoring and publication. */
    public void generated() {
        change(() -> unpublished++);
    }

    /** The receipt of a generated group is durable. */
    public void published() {
        change(() -> unpublished--);
    }

    /** Claims nothing more; what is claimed runs on. */
    public void stopClaiming() {
        change(() -> claiming = false);
    }

    /** Waits until nothing more is to be claimed, at most for the limit. */
    public void awaitStopClaiming(Duration limit) throws InterruptedException {
        var _ = await(() -> !claiming, limit);
    }

    /** Starts nothing more: a freed slot stays free. Groups that wait are to be withdrawn. */
    public void stopStarting() {
        change(() -> table.stopStarting());
    }

    /**
     * Waits until groups of the lane's kind are wanted, training or evaluation.
     *
     * @return how many; 0 when none is wanted within the limit
     */
    public int awaitWanted(Lane lane, Duration limit) throws InterruptedException {
        return await(() -> wanted(lane) > 0, limit) ? locked(() -> wanted(lane)) : 0;
    }

    private int wanted(Lane lane) {
        return claiming && unpublished < unpublishedMax ? table.claimsWanted(lane) : 0;
    }

    /** Why no group is claimed from the lane just now; empty when groups are wanted. */
    public String holdReason(Lane lane) {
        return locked(() -> {
            if (!claiming) {
                return "draining";
            }
            if (unpublished >= unpublishedMax) {
                return "publication of " + unpublished + " groups";
            }
            return table.claimsWanted(lane) == 0 ? "a free slot" : "";
        });
    }

    /**
     * Waits until no sample is in flight or waiting.
     *
     * @return whether that came within the limit
     */
    public boolean awaitIdle(Duration limit) throws InterruptedException {
        return await(() -> table.inUse() == 0 && table.waitingGroups() == 0 && unpublished == 0, limit);
    }

    public int slotsInUse() {
        return locked(table::inUse);
    }

    /** Slots with samples of evaluations. */
    public int evaluationSlotsInUse() {
        return locked(table::evaluationInUse);
    }

    public int slots() {
        return table.slots();
    }
}
