package io.millrace.ops.top;

import static io.millrace.ops.top.Figures.count;
import static io.millrace.ops.top.Figures.rate;
import static io.millrace.ops.top.Figures.time;

import io.millrace.ops.screen.Glyphs;
import io.millrace.trainer.observe.RunView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** The tables of a view, each for the whole width. Immutable. */
final class Tables {
    private static final int BAR_MIN = 8;
    private static final int BAR_MAX = 40;
    /** Of the workers' columns other than the bar. */
    private static final int WORKER_COLUMNS = 70;

    private final Seen seen;
    private final int width;
    private final Glyphs glyphs;

    Tables(Seen seen, int width, Glyphs glyphs) {
        this.seen = seen;
        this.width = width;
        this.glyphs = glyphs;
    }

    List<Line> lanes() {
        return Table.lines(
                List.of(
                        Column.text("lane", 13, RunView.LaneRow::lane),
                        Column.number("queued", 8, lane -> count(lane.queued())),
                        Column.number("oldest", 9, lane -> seen.since(lane.oldestMs()))),
                seen.view().lanes(),
                width,
                glyphs);
    }

    List<Line> workers(TopState state) {
        List<RunView.Worker> rows = new ArrayList<>(seen.view().workers().shown());
        Comparator<RunView.Worker> order = order(state.sort());
        rows.sort(state.reversed() ? order.reversed() : order);
        int bar = Math.clamp(width - WORKER_COLUMNS, BAR_MIN, BAR_MAX);
        List<Line> lines = Table.lines(
                List.of(
                        Column.text("worker", 13, RunView.Worker::id),
                        new Column<>("state", 8, false, this::state),
                        Column.text("slots", bar, worker -> glyphs.bar(worker.slotsInUse(), worker.slots(), bar)),
                        Column.number("in use", 9, worker -> worker.slotsInUse() + "/" + worker.slots()),
                        Column.number("groups", 6, worker -> count(worker.groups())),
                        Column.number("done", 7, worker -> count(worker.groupsFinished())),
                        Column.number("samp/s", 6, worker -> rate(worker.samplesPerSecond())),
                        Column.number("oldest", 6, worker -> oldest(worker))),
                rows,
                width,
                glyphs);
        int more = seen.view().workers().known() - rows.size();
        if (rows.isEmpty()) {
            lines.add(Line.of(Line.FAINT, "no worker yet"));
        } else if (more > 0) {
            lines.add(Line.of(Line.FAINT, "and " + more + " more"));
        }
        return lines;
    }

    private static Comparator<RunView.Worker> order(TopState.Sort sort) {
        Comparator<RunView.Worker> byName =
                Comparator.comparing(RunView.Worker::id).thenComparing(RunView.Worker::incarnation);
        Comparator<RunView.Worker> by = switch (sort) {
            case WORKER -> byName;
            case SLOTS -> Comparator.comparingInt(RunView.Worker::slotsInUse).reversed();
            case GROUPS -> Comparator.comparingInt(RunView.Worker::groups).reversed();
            case FINISHED ->
                Comparator.comparingLong(RunView.Worker::groupsFinished).reversed();
            case RATE ->
                Comparator.comparingDouble(RunView.Worker::samplesPerSecond).reversed();
            case OLDEST -> Comparator.comparingLong(Tables::oldestMs);
        };
        return by.thenComparing(byName);
    }

    private static long oldestMs(RunView.Worker worker) {
        return worker.oldest().stream().mapToLong(RunView.Held::sinceMs).min().orElse(Long.MAX_VALUE);
    }

    private String oldest(RunView.Worker worker) {
        return worker.oldest().isEmpty() ? "-" : time(seen.nowMs() - oldestMs(worker));
    }

    private Column.Cell state(RunView.Worker worker) {
        return new Column.Cell(
                worker.state().name().toLowerCase(Locale.ROOT),
                switch (worker.state()) {
                    case RUNNING -> Line.GOOD;
                    case DRAINING -> Line.WARN;
                    case STOPPED -> Line.FAINT;
                    case LOST -> Line.BAD;
                });
    }

    List<Line> engines() {
        List<Line> lines = Table.lines(
                List.of(
                        Column.text("engine", 36, RunView.Engine::address),
                        new Column<>(
                                "well",
                                7,
                                true,
                                engine -> new Column.Cell(
                                        engine.well() + "/" + engine.workers(),
                                        engine.well() == engine.workers() ? Line.GOOD : Line.BAD)),
                        Column.number("requests", 9, engine -> count(engine.inFlight())),
                        Column.number(
                                "version", 12, engine -> Objects.requireNonNullElse(engine.weightVersion(), "-"))),
                seen.view().engines(),
                width,
                glyphs);
        return orNone(lines, "no engine yet");
    }

    List<Line> groups() {
        List<Line> lines = Table.lines(
                List.of(
                        Column.number("group", 10, held -> String.valueOf(held.group())),
                        Column.number("attempt", 7, held -> String.valueOf(held.attempt())),
                        Column.number("for", 8, held -> time(seen.nowMs() - held.sinceMs())),
                        Column.number(
                                "samples",
                                9,
                                held -> held.samples() == 0
                                        ? String.valueOf(held.samplesDone())
                                        : held.samplesDone() + "/" + held.samples()),
                        Column.number(
                                "version",
                                8,
                                held -> held.issueVersion() == null ? "-" : String.valueOf(held.issueVersion())),
                        Column.text("worker", 0, RunView.Held::worker)),
                seen.view().slowest(),
                width,
                glyphs);
        return orNone(lines, "no group is in flight");
    }

    List<Line> ends() {
        List<Line> lines = Table.lines(
                List.of(
                        Column.number("ago", 7, end -> time(seen.nowMs() - end.ms())),
                        Column.text("what", 11, RunView.End::what),
                        Column.number("group", 9, end -> end.group() == null ? "-" : String.valueOf(end.group())),
                        Column.text("why", 0, RunView.End::reason)),
                seen.view().ends(),
                width,
                glyphs);
        return orNone(lines, "nothing was dropped, refused or repeated");
    }

    List<Line> letters() {
        return Table.lines(
                List.of(
                        Column.number("ago", 7, letter -> time(seen.nowMs() - letter.ms())),
                        Column.text("dead letter", 20, RunView.Letter::what),
                        Column.text("cause", 0, RunView.Letter::cause)),
                seen.view().deadLetters().newest(),
                width,
                glyphs);
    }

    List<Line> steps() {
        List<Line> lines = Table.lines(
                List.of(
                        Column.number("step", 8, step -> step.lineage() + "/" + step.step()),
                        Column.text("state", 7, RunView.Step::state),
                        Column.number("groups", 6, step -> count(step.groups())),
                        Column.number("version", 8, step -> String.valueOf(step.weightVersion())),
                        Column.number(
                                "took",
                                8,
                                step -> step.trainedMs() == null
                                        ? seen.since(step.leasedMs())
                                        : time(step.trainedMs() - step.leasedMs())),
                        Column.number("reward", 7, step -> figure(step, "%.3f", true)),
                        Column.number("tokens", 8, step -> figure(step, "%,.0f", false)),
                        Column.text("staleness: groups", 0, Tables::staleness)),
                seen.view().steps(),
                width,
                glyphs);
        return orNone(lines, "no step yet");
    }

    private static String figure(RunView.Step step, String form, boolean reward) {
        RunView.Figures figures = step.figures();
        return figures == null
                ? "-"
                : String.format(Locale.ROOT, form, reward ? figures.rewardMean() : figures.responseTokens());
    }

    private static String staleness(RunView.Step step) {
        StringBuilder text = new StringBuilder();
        step.staleness().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByKey())
                .forEach(entry -> text.append(text.isEmpty() ? "" : ", ")
                        .append(entry.getKey())
                        .append(": ")
                        .append(entry.getValue()));
        return text.toString();
    }

    List<Line> evaluations() {
        return Table.lines(
                List.of(
                        Column.text("evaluation", 28, RunView.Evaluation::id),
                        Column.text("state", 10, RunView.Evaluation::state),
                        Column.number("version", 8, one -> String.valueOf(one.weightVersion())),
                        Column.number("done", 13, one -> count(one.done()) + "/" + count(one.groups())),
                        Column.text("why", 0, one -> one.cause() == null ? "" : one.cause())),
                seen.view().evaluations(),
                width,
                glyphs);
    }

    private static List<Line> orNone(List<Line> lines, String none) {
        if (lines.size() == 1) {
            lines.add(Line.of(Line.FAINT, none));
        }
        return lines;
    }
}
