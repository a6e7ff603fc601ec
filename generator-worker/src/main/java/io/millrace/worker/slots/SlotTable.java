package io.millrace.worker.slots;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Which samples may start: the worker's fixed number of slots, and the claimed groups whose samples wait for one.
 *
 * <p>Invariants, after every call: never more samples in flight than slots; never a free slot while a sample waits,
 * unless starting was stopped.
 * Samples start in the order their groups were claimed, urgent groups before the others, so that a group once begun is
 * completed before the next is.
 *
 * <p>Counting samples and not groups is what keeps slots busy: a group's slots are free for the next group while its
 * slowest sample still runs (shared measurements of slime's loop, which counts groups: 0.38 of the slots busy).
 *
 * <p>Pure: no thread, no clock. Not thread-safe; {@link Dispatcher} owns it.
 *
 * @param <G> a group
 */
final class SlotTable<G> {
    /** A sample that now has a slot and must be run; its slot comes back with {@link #release}. */
    record Start<G>(G group, int sample) {}

    private static final class Waiting<G> {
        final G group;
        final int samples;
        final boolean urgent;
        int next;

        Waiting(G group, int samples, boolean urgent) {
            this.group = group;
            this.samples = samples;
            this.urgent = urgent;
        }
    }

    private final int slots;
    private final int prefetch;
    private final Deque<Waiting<G>> waiting = new ArrayDeque<>();
    private int inUse;
    private int unstartedGroups;
    private int preparingGroups;
    private boolean starting = true;

    /**
     * @param slots samples in flight, 1 or more
     * @param prefetch claimed groups with no sample started, 1 or more
     */
    SlotTable(int slots, int prefetch) {
        this.slots = slots;
        this.prefetch = prefetch;
    }

    /** How many more groups may be claimed. */
    int claimsWanted() {
        return Math.max(0, prefetch - unstartedGroups - preparingGroups);
    }

    /** A group was claimed and is being made ready; {@link #offer} or {@link #unprepared} follows. */
    void preparing() {
        preparingGroups++;
    }

    /** A group that was being made ready never will be. */
    void unprepared() {
        if (preparingGroups == 0) {
            throw new IllegalStateException("no group was being prepared: this is a bug");
        }
        preparingGroups--;
    }

    /** Takes a prepared group in; returns what may start. */
    List<Start<G>> offer(G group, int samples, boolean urgent) {
        unprepared();
        Waiting<G> entry = new Waiting<>(group, samples, urgent);
        if (urgent) {
            insertBehindUrgent(entry);
        } else {
            waiting.addLast(entry);
        }
        unstartedGroups++;
        return fill();
    }

    private void insertBehindUrgent(Waiting<G> entry) {
        Deque<Waiting<G>> ahead = new ArrayDeque<>();
        // A group already begun goes on first: its other samples hold its result back.
        while (!waiting.isEmpty() && (waiting.getFirst().urgent || waiting.getFirst().next > 0)) {
            ahead.addLast(waiting.removeFirst());
        }
        waiting.addFirst(entry);
        while (!ahead.isEmpty()) {
            waiting.addFirst(ahead.removeLast());
        }
    }

    /** A sample ended and gives its slot back; returns what may start. */
    List<Start<G>> release() {
        if (inUse == 0) {
            throw new IllegalStateException("a slot was given back twice: this is a bug");
        }
        inUse--;
        return fill();
    }

    /** The group's samples that have not started never will; returns how many those are. */
    int withdraw(G group) {
        for (Iterator<Waiting<G>> entries = waiting.iterator(); entries.hasNext(); ) {
            Waiting<G> entry = entries.next();
            if (entry.group.equals(group)) {
                entries.remove();
                if (entry.next == 0) {
                    unstartedGroups--;
                }
                return entry.samples - entry.next;
            }
        }
        return 0;
    }

    /** From now on nothing starts; what waits is to be withdrawn. */
    void stopStarting() {
        starting = false;
    }

    private List<Start<G>> fill() {
        List<Start<G>> starts = new ArrayList<>();
        while (starting && inUse < slots && !waiting.isEmpty()) {
            Waiting<G> first = waiting.getFirst();
            if (first.next == 0) {
                unstartedGroups--;
            }
            starts.add(new Start<>(first.group, first.next++));
            inUse++;
            if (first.next == first.samples) {
                waiting.removeFirst();
            }
        }
        return starts;
    }

    int inUse() {
        return inUse;
    }

    int slots() {
        return slots;
    }

    /** Groups with a sample that has not started. */
    int waitingGroups() {
        return preparingGroups + waiting.size();
    }
}
