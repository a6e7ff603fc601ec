package io.millrace.sandbox.growth.fleet;

import java.util.List;

/**
 * What came of a run.
 *
 * @param busyShare of the slots of workers that were there, over the run but its first and last tenth
 * @param held times that the gate waited for older groups when it was asked
 * @param stalest versions between a token and its hand-over
 * @param eventNanos processor time of one event of the simulation, in each tenth of the steps
 */
public record FleetReport(
        long events,
        double virtualSeconds,
        long published,
        long trained,
        long discarded,
        long abandoned,
        long crashes,
        long freezes,
        long resultsLost,
        long resultsTwice,
        long reissued,
        long missing,
        long held,
        double busyShare,
        long stalest,
        List<Double> eventNanos) {
    public FleetReport {
        eventNanos = List.copyOf(eventNanos);
    }
}
