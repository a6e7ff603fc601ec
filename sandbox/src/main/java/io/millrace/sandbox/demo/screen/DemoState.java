package io.millrace.sandbox.demo.screen;

import java.util.List;

/**
 * What the screen shows, at one moment.
 *
 * @param phase what the demo is doing
 * @param elapsedMs since the demo began
 * @param steps trained so far, in order
 * @param waiting what processes wait for
 * @param logs where the log files are
 */
public record DemoState(
        String run,
        String phase,
        long elapsedMs,
        long stepsWanted,
        List<Step> steps,
        Groups groups,
        Flow flow,
        List<Worker> workers,
        List<Waiting> waiting,
        String logs) {
    public DemoState {
        steps = List.copyOf(steps);
        workers = List.copyOf(workers);
        waiting = List.copyOf(waiting);
    }

    /** One trained step. */
    public record Step(long step, double waitSeconds, double rewardMean) {}

    /** How many groups stand at each stage. */
    public record Groups(long queued, long inFlight, long finished, long trained, long discarded, long abandoned) {
        static final Groups NONE = new Groups(0, 0, 0, 0, 0, 0);
    }

    /**
     * The engine over the last seconds.
     *
     * @param running requests it works on
     * @param slots of all live workers
     * @param occupancy share of those slots that was busy, 0 to 1
     */
    public record Flow(double samplesPerSecond, double tokensPerSecond, long running, long slots, double occupancy) {
        static final Flow NONE = new Flow(0, 0, 0, 0, 0);
    }

    /**
     * A worker, also one that was started elsewhere.
     *
     * @param state running, draining, stopped or gone
     */
    public record Worker(
            String id,
            String state,
            int slots,
            int slotsInUse,
            int groupsHeld,
            long groupsFinished,
            long samplesDone) {}

    /** A process that waits. */
    public record Waiting(String process, String whatFor, long forMs) {}

    double waitSecondsMean() {
        return steps.stream().mapToDouble(Step::waitSeconds).average().orElse(0);
    }
}
