package io.millrace.worker.slots;

import io.millrace.common.topics.Lane;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Which samples may start: the worker's fixed number of slots, and the claimed groups whose samples wait for one.
 *
 * <p>Invariants, after every call: never more samples in flight than slots, nor more of evaluations than their share;
 * never a free slot while a sample waits that may have it, unless starting was stopped. Samples start in the order their
 * groups were claimed, urgent groups first, then evaluations, then the others; a group once begun is completed before
 * the next is.
 *
 * <p>Counting samples and not groups is what keeps slots busy: a group's slots are free for the next group while its
 * slowest sample still runs (shared measurements of slime's loop, which counts groups: 0.38 of the slots busy).
 *
 * <p>Pure: no thread, no clock. Not thread-safe; in a worker {@link Slots} owns it.
 *
 * @param <G> a group
 */
public final class SlotTable<G> {
    private static final class Waiting<G> {
        final G group;
        final int samples;
        final Lane lane;
        int next;

        Waiting(G group, int samples, Lane lane) {
            this.group = group;
            this.samples = samples;
            this.lane = lane;
        }
    }

    /** What one kind of work may have, and has. */
    private static final class Share {
        final int slots;
        int inUse;
        int unstartedGroups;
        int preparingGroups;

        Share(int slots) {
            this.slots = slots;
        }
    }

    private final int slots;
    private final int prefetch;
    private final Deque<Waiting<G>> waiting = new ArrayDeque<>();
    private final Share training;
    private final Share evaluation;
    private boolean starting = true;

    /**
     * @param slots samples in flight, 1 or more
     * @param evaluationSlots how many of them evaluations may have at once, 0 or more
     * @param prefetch claimed groups with no sample started, 1 or more; evaluations beside the others
     */
    public SlotTable(int slots, int evaluationSlots, int prefetch) {
        this.slots = slots;
        this.prefetch = prefetch;
        this.training = new Share(slots);
        this.evaluation = new Share(evaluationSlots);
    }

    private Share share(Lane lane) {
        return lane == Lane.EVALUATION ? evaluation : training;
    }

    /** How many more groups may be claimed from the lane, or from others of its kind. */
    public int claimsWanted(Lane lane) {
        Share share = share(lane);
        return share.slots == 0 ? 0 : Math.max(0, prefetch - share.unstartedGroups - share.preparingGroups);
    }

    /** A group was claimed and is being made ready; {@link #offer} or {@link #unprepared} follows. */
    public void preparing(Lane lane) {
        share(lane).preparingGroups++;
    }

    /** A group that was being made ready never will be. */
    public void unprepared(Lane lane) {
        Share share = share(lane);
        if (share.preparingGroups == 0) {
            throw new IllegalStateException("no group was being prepared: this is a bug");
        }
        share.preparingGroups--;
    }

    /** Takes a prepared group in; returns what may start. */
    public List<Slots.Grant<G>> offer(G group, int samples, Lane lane) {
        unprepared(lane);
        insert(new Waiting<>(group, samples, lane));
        share(lane).unstartedGroups++;
        return fill();
    }

    private void insert(Waiting<G> entry) {
        Deque<Waiting<G>> ahead = new ArrayDeque<>();
        // A group already begun goes on first: its other samples hold its result back.
        while (!waiting.isEmpty()
                && (waiting.getFirst().lane.compareTo(entry.lane) <= 0 || waiting.getFirst().next > 0)) {
            ahead.addLast(waiting.removeFirst());
        }
        waiting.addFirst(entry);
        while (!ahead.isEmpty()) {
            waiting.addFirst(ahead.removeLast());
        }
    }

    /** A sample of the lane ended and gives its slot back; returns what may start. */
    public List<Slots.Grant<G>> release(Lane lane) {
        Share share = share(lane);
        if (share.inUse == 0) {
            throw new IllegalStateException("a slot was given back twice: this is a bug");
        }
        share.inUse--;
        return fill();
    }

    /** The group's samples that have not started never will; returns how many those are. */
    public int withdraw(G group) {
        for (Iterator<Waiting<G>> entries = waiting.iterator(); entries.hasNext(); ) {
            Waiting<G> entry = entries.next();
            if (entry.group.equals(group)) {
                entries.remove();
                if (entry.next == 0) {
                    share(entry.lane).unstartedGroups--;
                }
                return entry.samples - entry.next;
            }
        }
        return 0;
    }

    /** From now on nothing starts; what waits is to be withdrawn. */
    public void stopStarting() {
        starting = false;
    }

    private List<Slots.Grant<G>> fill() {
        List<Slots.Grant<G>> starts = new ArrayList<>();
        if (!starting) {
            return starts;
        }
        for (Iterator<Waiting<G>> entries = waiting.iterator(); entries.hasNext() && inUse() < slots; ) {
            Waiting<G> entry = entries.next();
            Share share = share(entry.lane);
            while (entry.next < entry.samples && share.inUse < share.slots && inUse() < slots) {
                if (entry.next == 0) {
                    share.unstartedGroups--;
                }
                starts.add(new Slots.Grant<>(entry.group, entry.next++));
                share.inUse++;
            }
            if (entry.next == entry.samples) {
                entries.remove();
            }
        }
        return starts;
    }

    public int inUse() {
        return training.inUse + evaluation.inUse;
    }

    /** Samples of evaluations in flight. */
    public int evaluationInUse() {
        return evaluation.inUse;
    }

    public int slots() {
        return slots;
    }

    /** Groups with a sample that has not started. */
    public int waitingGroups() {
        return training.preparingGroups + evaluation.preparingGroups + waiting.size();
    }
}
