package io.millrace.sandbox.model;

import io.millrace.common.time.Ticker;
import io.millrace.sandbox.model.Exploration.CounterExample;
import io.millrace.sandbox.model.role.Bounds;
import io.millrace.sandbox.model.role.Mutation;
import io.millrace.sandbox.model.role.Violation;
import io.millrace.sandbox.model.world.Event;
import io.millrace.sandbox.model.world.World;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks through a world that is too large to be searched, each by a seed of its own. A walk chooses among what can happen,
 * faults included; then only among what happens by itself, until nothing does: by then every group must be settled. The
 * same seed gives the same walk. Single use; not thread-safe.
 */
final class RandomWalks {
    /** One in so many events is a fault, while there are any. */
    private static final int FAULT_ODDS = 8;

    private final Bounds bounds;
    private final Mutation mutation;
    private final int eventsMax;
    private final Ticker ticker;
    private final Set<Fingerprint> known = new HashSet<>();
    private final int statesMax;
    private long transitions;
    private int depth;

    /**
     * @param eventsMax of one walk, before it comes to its end
     * @param statesMax how many states are told apart; those met later are not counted
     */
    RandomWalks(Bounds bounds, Mutation mutation, int eventsMax, int statesMax, Ticker ticker) {
        this.bounds = bounds;
        this.mutation = mutation;
        this.eventsMax = eventsMax;
        this.statesMax = statesMax;
        this.ticker = ticker;
    }

    Exploration run(long seed, int walks) {
        long begun = ticker.nanos();
        CounterExample found = null;
        for (long walk = seed; walk < seed + walks && found == null; walk++) {
            found = new Walk(walk).run();
        }
        return new Exploration(known.size(), transitions, depth, false, (ticker.nanos() - begun) / 1_000_000, found);
    }

    private final class Walk {
        private final long seed;
        private final Random random;
        private final World world = new World(bounds, mutation);
        private final List<Event> trace = new ArrayList<>();
        private Fingerprint here = Fingerprint.of(world);

        Walk(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        @Nullable
        CounterExample run() {
            try {
                for (int i = 0; i < eventsMax; i++) {
                    step();
                }
                while (moved()) {
                    // Until nothing happens by itself any more.
                }
                Violation.require(world.isDone(), "nothing happens any more, and not every group is settled");
                return null;
            } catch (Violation | IllegalStateException | IllegalArgumentException e) {
                return new CounterExample(trace, "seed " + seed + ": " + e.getMessage());
            } finally {
                depth = Math.max(depth, trace.size());
            }
        }

        private void step() {
            List<Event> faults = new ArrayList<>();
            List<Event> others = new ArrayList<>();
            for (Event event : world.enabled()) {
                (event instanceof Event.Fault ? faults : others).add(event);
            }
            List<Event> from =
                    faults.isEmpty() || (!others.isEmpty() && random.nextInt(FAULT_ODDS) > 0) ? others : faults;
            if (!from.isEmpty()) {
                happens(from.get(random.nextInt(from.size())));
            }
        }

        /** @return whether it made a difference */
        private boolean happens(Event event) {
            transitions++;
            trace.add(event);
            world.apply(event);
            world.check();
            Fingerprint then = Fingerprint.of(world);
            if (then.equals(here)) {
                trace.removeLast();
                return false;
            }
            here = then;
            if (known.size() < statesMax) {
                known.add(then);
            }
            return true;
        }

        /** @return false when nothing that happens by itself makes a difference */
        private boolean moved() {
            List<Event> others = new ArrayList<>();
            for (Event event : world.enabled()) {
                if (!(event instanceof Event.Fault)) {
                    others.add(event);
                }
            }
            java.util.Collections.shuffle(others, random);
            for (Event event : others) {
                if (happens(event)) {
                    return true;
                }
            }
            return false;
        }
    }
}
