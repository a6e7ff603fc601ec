package io.millrace.sandbox.model;

import io.millrace.sandbox.model.world.Event;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a search came to.
 *
 * @param states told apart by their fingerprints
 * @param transitions tried, those that led to a known state too
 * @param depth events from the start to the farthest state
 * @param complete whether every state within the bounds was reached, and every event tried in it
 * @param millis how long it took
 * @param counterExample the shortest way to a state in which an invariant does not hold; null when it always does
 */
record Exploration(
        int states,
        long transitions,
        int depth,
        boolean complete,
        long millis,
        @Nullable CounterExample counterExample) {

    /**
     * @param trace what happened, in order
     * @param what does not hold then
     */
    record CounterExample(List<Event> trace, String what) {
        CounterExample {
            trace = List.copyOf(trace);
        }

        @Override
        public String toString() {
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < trace.size(); i++) {
                out.append("%4d  %s%n".formatted(i + 1, trace.get(i).text()));
            }
            return out.append("      => ")
                    .append(what)
                    .append(System.lineSeparator())
                    .toString();
        }
    }

    @Override
    public String toString() {
        return states + " states, " + transitions + " transitions, depth " + depth + ", "
                + (complete ? "every one within the bounds" : "not every one within the bounds")
                + ", " + millis / 1000 + "." + millis / 100 % 10 + " s";
    }
}
