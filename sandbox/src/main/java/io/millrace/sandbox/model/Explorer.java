package io.millrace.sandbox.model;

import io.millrace.common.time.Ticker;
import io.millrace.sandbox.model.Exploration.CounterExample;
import io.millrace.sandbox.model.role.Bounds;
import io.millrace.sandbox.model.role.Mutation;
import io.millrace.sandbox.model.role.Violation;
import io.millrace.sandbox.model.world.Event;
import io.millrace.sandbox.model.world.World;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/*
 * The classes that are searched cannot be copied, so a state is kept as the events that lead to it, and made again from
 * the start whenever one more event is to be tried in it. Breadth first, so that the first counter-example is a shortest
 * one.
 *
 * That every group can be settled from everywhere is checked at the end, backwards: from the states in which all are
 * settled, against the events that happen by themselves. Faults lead nowhere there: nobody may need one.
 */

/** Searches all states of a world, in order of their distance from the start. Single use; not thread-safe. */
final class Explorer {
    private static final int UNKNOWN = -1;

    private final Bounds bounds;
    private final Mutation mutation;
    private final int statesMax;
    private final Ticker ticker;
    private final Map<Fingerprint, Integer> known = new HashMap<>();
    private final List<@Nullable Event> events = new ArrayList<>();
    private final Ints parents = new Ints();
    private final BitSet done = new BitSet();
    /** Events that happen by themselves: from which state, and to which. */
    private final Ints from = new Ints();

    private final Ints to = new Ints();
    private long transitions;

    /** @param statesMax how many states are kept at most; about 1 KiB of memory for each */
    Explorer(Bounds bounds, Mutation mutation, int statesMax, Ticker ticker) {
        this.bounds = bounds;
        this.mutation = mutation;
        this.statesMax = statesMax;
        this.ticker = ticker;
    }

    /** Numbers that grow in count. */
    private static final class Ints {
        private int[] values = new int[1024];
        private int size;

        void add(int value) {
            if (size == values.length) {
                values = java.util.Arrays.copyOf(values, 2 * size);
            }
            values[size++] = value;
        }

        int get(int i) {
            return values[i];
        }

        int size() {
            return size;
        }
    }

    Exploration run() {
        long begun = ticker.nanos();
        World first = new World(bounds, mutation);
        add(first, UNKNOWN, null);
        int next = 0;
        while (next < events.size() && events.size() < statesMax) {
            CounterExample found = expand(next);
            if (found != null) {
                return result(begun, false, found);
            }
            next++;
        }
        boolean complete = next == events.size();
        return result(begun, complete, stuck(next));
    }

    private Exploration result(long begun, boolean complete, @Nullable CounterExample found) {
        return new Exploration(
                events.size(),
                transitions,
                trace(events.size() - 1).size(),
                complete,
                (ticker.nanos() - begun) / 1_000_000,
                found);
    }

    /** Tries everything that can happen in a state. */
    private @Nullable CounterExample expand(int state) {
        List<Event> trace = trace(state);
        World world = made(trace);
        List<Event> enabled = world.enabled();
        for (Event event : enabled) {
            transitions++;
            World then = world;
            if (then == null) {
                then = made(trace);
            }
            world = null;
            try {
                then.apply(event);
                then.check();
            } catch (Violation | IllegalStateException | IllegalArgumentException e) {
                List<Event> whole = new ArrayList<>(trace);
                whole.add(event);
                return new CounterExample(whole, String.valueOf(e.getMessage()));
            }
            int reached = add(then, state, event);
            if (!(event instanceof Event.Fault) && reached != state) {
                from.add(state);
                to.add(reached);
            }
        }
        return null;
    }

    /** The number of the state, a new one where it was not known. */
    private int add(World world, int parent, @Nullable Event event) {
        int number = events.size();
        Integer before = known.putIfAbsent(Fingerprint.of(world), number);
        if (before != null) {
            return before;
        }
        parents.add(parent);
        events.add(event);
        done.set(number, world.isDone());
        return number;
    }

    private World made(List<Event> trace) {
        World world = new World(bounds, mutation);
        trace.forEach(world::apply);
        return world;
    }

    private List<Event> trace(int state) {
        List<Event> trace = new ArrayList<>();
        for (int at = state; at > 0; at = parents.get(at)) {
            trace.add(java.util.Objects.requireNonNull(events.get(at)));
        }
        Collections.reverse(trace);
        return trace;
    }

    /**
     * The first state from which nothing that happens by itself leads to the end.
     *
     * @param expanded states from this one on were not looked at, and are taken for good
     */
    private @Nullable CounterExample stuck(int expanded) {
        BitSet good = (BitSet) done.clone();
        good.set(expanded, Math.max(expanded, events.size()));
        int[] heads = new int[events.size()];
        java.util.Arrays.fill(heads, UNKNOWN);
        int[] nexts = new int[to.size()];
        for (int edge = 0; edge < to.size(); edge++) {
            nexts[edge] = heads[to.get(edge)];
            heads[to.get(edge)] = edge;
        }
        Ints queue = new Ints();
        good.stream().forEach(queue::add);
        for (int i = 0; i < queue.size(); i++) {
            for (int edge = heads[queue.get(i)]; edge != UNKNOWN; edge = nexts[edge]) {
                if (!good.get(from.get(edge))) {
                    good.set(from.get(edge));
                    queue.add(from.get(edge));
                }
            }
        }
        int stuck = good.nextClearBit(0);
        return stuck >= events.size()
                ? null
                : new CounterExample(trace(stuck), "from here on nothing leads to the settlement of every group");
    }
}
