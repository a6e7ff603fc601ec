package io.millrace.trainer.observe;

/** A run's figures over time, by the broker's clock; bounded, whatever the run's length. Not thread-safe. */
public final class History {
    /** 15 minutes by 2.5 s, 4 hours by 40 s, 10 days by 40 minutes. */
    private static final long[] WIDTHS_MS = {2_500, 40_000, 2_400_000};

    private static final int POINTS = 360;

    private final Series flow = new Series(
            POINTS,
            WIDTHS_MS,
            "queued",
            "in_flight",
            "finished",
            "trained",
            "slots",
            "slots_in_use",
            "samples_per_second",
            "tokens_per_second");
    private final Series groups = new Series(POINTS, WIDTHS_MS, "reward", "response_tokens", "duration_seconds");

    private long sampledMs;
    private long finishedMs;

    /** How it stands now; more than one a second of the broker's time are left out. */
    void sample(RunView view) {
        if (view.nowMs() - sampledMs < 1_000) {
            return;
        }
        sampledMs = view.nowMs();
        flow.add(
                view.nowMs(),
                (double) view.groups().queued(),
                (double) view.groups().inFlight(),
                (double) (view.groups().finished() + view.groups().leased()),
                (double) view.groups().trained(),
                (double) view.workers().slots(),
                (double) view.workers().slotsInUse(),
                view.workers().samplesPerSecond(),
                view.workers().tokensPerSecond());
    }

    /** A group has finished; one that is older than what is there is left out. */
    void finished(long ms, double reward, double responseTokens, double durationSeconds) {
        if (ms >= finishedMs) {
            finishedMs = ms;
            groups.add(ms, reward, responseTokens, durationSeconds);
        }
    }

    /** Groups by where they stand, slots and rates. */
    public Series flow() {
        return flow;
    }

    /** What finished groups come to: reward and response length, means of a sample, and seconds from claim to result. */
    public Series groups() {
        return groups;
    }
}
