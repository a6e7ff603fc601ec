package io.millrace.sandbox.demo.screen;

import io.millrace.ops.screen.Glyphs;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@link DemoState} as lines of text. Pure. */
public final class Screen {
    private static final int STEP_BAR_COLUMNS = 30;
    private static final int SLOT_BAR_COLUMNS = 16;
    private static final int SPARK_STEPS = 40;
    private static final int WORKERS_MAX = 12;

    private Screen() {}

    /**
     * The full screen.
     *
     * @param width columns; longer lines are cut
     */
    static List<String> lines(DemoState state, int width, Glyphs glyphs) {
        List<String> lines = new ArrayList<>();
        String dot = " " + glyphs.dot + " ";
        lines.add("Millrace demo" + dot + "run " + state.run() + dot + state.phase() + dot + clock(state.elapsedMs()));
        lines.add("");
        long done = state.steps().size();
        lines.add(String.format(
                Locale.ROOT,
                "step      %s %d of %d",
                glyphs.bar(done, state.stepsWanted(), STEP_BAR_COLUMNS),
                done,
                state.stepsWanted()));
        DemoState.Groups groups = state.groups();
        lines.add(String.format(
                Locale.ROOT,
                "groups    queued %d%sin flight %d%sfinished %d%strained %d",
                groups.queued(),
                dot,
                groups.inFlight(),
                dot,
                groups.finished(),
                dot,
                groups.trained()));
        if (groups.discarded() + groups.abandoned() > 0) {
            lines.add(String.format(
                    Locale.ROOT, "          discarded %d%sabandoned %d", groups.discarded(), dot, groups.abandoned()));
        }
        DemoState.Flow flow = state.flow();
        lines.add(String.format(
                Locale.ROOT,
                "engine    %,.0f samples/s%s%,.0f tokens/s%s%d of %d slots busy (%.0f %%)",
                flow.samplesPerSecond(),
                dot,
                flow.tokensPerSecond(),
                dot,
                flow.running(),
                flow.slots(),
                100 * flow.occupancy()));
        lines.addAll(steps(state, dot, glyphs));
        lines.add("");
        lines.addAll(workers(state, glyphs));
        lines.add("");
        for (DemoState.Waiting waiting : state.waiting()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "waiting   %s: %s (%s)",
                    waiting.process(),
                    glyphs.plain(waiting.whatFor()),
                    seconds(waiting.forMs() / 1000.0)));
        }
        lines.add("logs      " + state.logs() + dot + "Ctrl-C stops everything cleanly");
        return lines.stream().map(line -> cut(line, width)).toList();
    }

    private static List<String> steps(DemoState state, String dot, Glyphs glyphs) {
        if (state.steps().isEmpty()) {
            return List.of("wait      no step yet", "reward    no step yet");
        }
        DemoState.Step last = state.steps().getLast();
        List<DemoState.Step> shown = state.steps()
                .subList(
                        Math.max(0, state.steps().size() - SPARK_STEPS),
                        state.steps().size());
        double[] rewards =
                shown.stream().mapToDouble(DemoState.Step::rewardMean).toArray();
        return List.of(
                String.format(
                        Locale.ROOT,
                        "wait      last %s%smean %s",
                        seconds(last.waitSeconds()),
                        dot,
                        seconds(state.waitSecondsMean())),
                String.format(Locale.ROOT, "reward    %s last %.3f", glyphs.spark(rewards), last.rewardMean()));
    }

    private static List<String> workers(DemoState state, Glyphs glyphs) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%-10s%-10s%-" + SLOT_BAR_COLUMNS + "s %11s%8s%10s%10s",
                "worker",
                "state",
                "slots",
                "in use",
                "groups",
                "finished",
                "samples"));
        for (DemoState.Worker worker :
                state.workers().stream().limit(WORKERS_MAX).toList()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-10s%-10s%s %11s%8d%10d%10d",
                    cut(worker.id(), 9),
                    worker.state(),
                    glyphs.bar(worker.slotsInUse(), worker.slots(), SLOT_BAR_COLUMNS),
                    worker.slotsInUse() + "/" + worker.slots(),
                    worker.groupsHeld(),
                    worker.groupsFinished(),
                    worker.samplesDone()));
        }
        if (state.workers().isEmpty()) {
            lines.add("none yet");
        }
        if (state.workers().size() > WORKERS_MAX) {
            lines.add("and " + (state.workers().size() - WORKERS_MAX) + " more");
        }
        return lines;
    }

    /** One step, for an output that is no terminal. */
    static String stepLine(DemoState state, int index) {
        DemoState.Step step = state.steps().get(index);
        DemoState.Groups groups = state.groups();
        return String.format(
                Locale.ROOT,
                "%s step %d of %d: waited %s, reward mean %.3f; groups queued %d, in flight %d, finished %d, trained %d;"
                        + " %.0f samples/s, %.0f %% of %d slots busy",
                clock(state.elapsedMs()),
                index + 1,
                state.stepsWanted(),
                seconds(step.waitSeconds()),
                step.rewardMean(),
                groups.queued(),
                groups.inFlight(),
                groups.finished(),
                groups.trained(),
                state.flow().samplesPerSecond(),
                100 * state.flow().occupancy(),
                state.flow().slots());
    }

    static String clock(long millis) {
        return String.format(Locale.ROOT, "%02d:%02d", millis / 60_000, millis / 1000 % 60);
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f s", seconds);
    }

    private static String cut(String line, int width) {
        return line.length() <= width ? line : line.substring(0, Math.max(0, width));
    }
}
