package io.millrace.ops.top;

import static io.millrace.ops.top.Figures.count;
import static io.millrace.ops.top.Figures.percent;
import static io.millrace.ops.top.Figures.rate;
import static io.millrace.ops.top.Figures.time;

import io.millrace.ops.screen.Glyphs;
import io.millrace.trainer.observe.RunView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jline.utils.AttributedString;

/** Draws a view for a screen of some size. Pure. */
public final class Panes {
    /** Nothing readable fits into less. */
    static final int WIDTH_MIN = 40;

    static final int HEIGHT_MIN = 8;

    /** Records come every 2 s from each worker; without any for longer the run stands. */
    private static final long QUIET_MS = 10_000;

    private static final int SLOT_BAR = 10;
    private static final int WAITS_MAX = 3;

    private static final List<String> HELP = List.of(
            "1 to 6, tab    overview, workers, groups in flight, steps, drops and dead letters, engines",
            "s, r           sort the workers by the next column; reverse the order",
            "arrows, page   scroll",
            "q, ctrl-c      leave; the run goes on",
            "",
            "Ages are the broker's time. in flight: taken by a worker and not finished.",
            "slots in use: samples that workers generate, each in a slot of its own.",
            "finished: results that wait for a step. leased: the trainer has them.");

    private Panes() {}

    /** A screen of exactly this width at most, and of this height. */
    public static List<AttributedString> screen(Seen seen, TopState state, int width, int height, Glyphs glyphs) {
        if (width < WIDTH_MIN || height < HEIGHT_MIN) {
            return fit(List.of(Line.of("needs " + WIDTH_MIN + "x" + HEIGHT_MIN)), width, height, glyphs);
        }
        List<Line> lines = new ArrayList<>(head(seen, width, glyphs));
        lines.add(new Line());
        int room = height - lines.size() - 1;
        lines.addAll(body(seen, state, width, room, glyphs));
        while (lines.size() < height - 1) {
            lines.add(new Line());
        }
        lines.add(foot(state, width, glyphs));
        return fit(lines, width, height, glyphs);
    }

    /** All that the overview has, for an output that is no terminal. */
    public static List<AttributedString> plain(Seen seen, int width, Glyphs glyphs) {
        List<Line> lines = new ArrayList<>(head(seen, width, glyphs));
        for (List<Line> section : sections(seen, TopState.START, width, glyphs)) {
            lines.add(new Line());
            lines.addAll(section);
        }
        return fit(lines, width, lines.size(), glyphs);
    }

    private static List<AttributedString> fit(List<Line> lines, int width, int height, Glyphs glyphs) {
        return lines.stream().limit(height).map(line -> line.fit(width, glyphs)).toList();
    }

    /** Rows of a screen of this height that a pane may fill. */
    static int page(int height) {
        return Math.max(1, height - HEIGHT_MIN);
    }

    /** The flow, which every pane has above it. */
    static List<Line> head(Seen seen, int width, Glyphs glyphs) {
        RunView view = seen.view();
        List<Line> lines = new ArrayList<>();
        lines.add(title(seen, width, glyphs));
        RunView.Groups groups = view.groups();
        String arrow = " " + glyphs.arrow + " ";
        lines.add(Line.of(Line.BOLD, "groups   ")
                .add("queued " + count(groups.queued()) + arrow + "in flight " + count(groups.inFlight()) + arrow
                        + "finished " + count(groups.finished()) + arrow + "leased " + count(groups.leased()) + arrow
                        + "trained " + count(groups.trained())));
        long dropped = groups.discarded() + groups.abandoned();
        if (dropped + groups.again() > 0) {
            lines.add(Line.of("         ")
                    .add(
                            groups.abandoned() > 0 ? Line.WARN : Line.PLAIN,
                            "discarded " + count(groups.discarded()) + " " + glyphs.dot + " given up "
                                    + count(groups.abandoned()) + " " + glyphs.dot + " to be issued again "
                                    + count(groups.again())));
        }
        RunView.Workers workers = view.workers();
        lines.add(Line.of(Line.BOLD, "slots    ")
                .add(glyphs.bar(workers.slotsInUse(), workers.slots(), SLOT_BAR))
                .add(" " + count(workers.slotsInUse()) + " of " + count(workers.slots()) + " in use ("
                        + percent(workers.slotsInUse(), workers.slots()) + ")  " + rate(workers.samplesPerSecond())
                        + " samples/s  " + rate(workers.tokensPerSecond()) + " tokens/s"));
        lines.add(trainer(seen, glyphs));
        waits(seen, glyphs).forEach(lines::add);
        return lines;
    }

    private static Line title(Seen seen, int width, Glyphs glyphs) {
        RunView view = seen.view();
        RunView.Gate gate = view.gate();
        String weights = gate.weightVersion() == null
                ? "no weights yet"
                : "version " + gate.weightVersion() + " "
                        + String.valueOf(gate.state()).toLowerCase(Locale.ROOT);
        String left = " millrace  run " + view.run() + "  " + weights + "  workers "
                + view.workers().live() + " ";
        String right = seen.trouble() != null
                ? glyphs.plain(seen.trouble()) + " "
                : !view.caughtUp()
                        ? "reading the topics "
                        : seen.quietMs() > QUIET_MS ? "quiet for " + time(seen.quietMs()) + " " : "";
        int gap = Math.max(0, width - left.length() - right.length());
        return Line.of(Line.HEADING, left + " ".repeat(gap))
                .add(right.isBlank() || !view.caughtUp() ? Line.HEADING : Line.BAD.inverse(), right);
    }

    private static Line trainer(Seen seen, Glyphs glyphs) {
        RunView.Trainer trainer = seen.view().trainer();
        StringBuilder text = new StringBuilder();
        for (RunView.OpenStep open : trainer.open()) {
            text.append("has step ")
                    .append(open.step())
                    .append(" of ")
                    .append(open.groups())
                    .append(" groups for ")
                    .append(seen.since(open.leasedMs()))
                    .append(" ")
                    .append(glyphs.dot)
                    .append(" ");
        }
        text.append(
                trainer.lastTrained() == null
                        ? "no step trained yet"
                        : "last trained " + trainer.lastTrained() + ", " + seen.since(trainer.lastTrainedMs())
                                + " ago");
        return Line.of(Line.BOLD, "trainer  ").add(text.toString());
    }

    private static List<Line> waits(Seen seen, Glyphs glyphs) {
        List<RunView.Wait> waits = seen.view().waits().stream()
                .sorted(Comparator.comparingLong(RunView.Wait::sinceMs))
                .toList();
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < Math.min(WAITS_MAX, waits.size()); i++) {
            RunView.Wait wait = waits.get(i);
            lines.add(Line.of(Line.BOLD, i == 0 ? "waits    " : "         ")
                    .add(glyphs.plain(wait.who()) + ": " + seen.since(wait.sinceMs()) + " for "
                            + glyphs.plain(wait.whatFor())));
        }
        return lines;
    }

    private static List<Line> body(Seen seen, TopState state, int width, int room, Glyphs glyphs) {
        if (state.help()) {
            return HELP.stream().map(Line::of).toList();
        }
        Tables tables = new Tables(seen, width, glyphs);
        return switch (state.pane()) {
            case OVERVIEW -> share(sections(seen, state, width, glyphs), room);
            case WORKERS -> scrolled(tables.workers(state), state.row(), room);
            case GROUPS -> scrolled(tables.groups(), state.row(), room);
            case STEPS -> scrolled(tables.steps(), state.row(), room);
            case DROPS -> share(List.of(byReason(seen, glyphs), tables.ends(), tables.letters()), room);
            case ENGINES -> share(List.of(tables.engines(), tables.evaluations()), room);
        };
    }

    private static List<List<Line>> sections(Seen seen, TopState state, int width, Glyphs glyphs) {
        Tables tables = new Tables(seen, width, glyphs);
        return List.of(tables.lanes(), tables.workers(state), tables.engines(), tables.groups(), tables.ends());
    }

    private static List<Line> byReason(Seen seen, Glyphs glyphs) {
        List<Line> lines = new ArrayList<>();
        lines.add(Line.of(Line.BOLD, "so far, by reason"));
        seen.view().endsByReason().entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .forEach(entry -> lines.add(Line.of(
                        String.format(Locale.ROOT, "%10s  ", count(entry.getValue())) + glyphs.plain(entry.getKey()))));
        lines.add(Line.of(String.format(
                Locale.ROOT,
                "%10s  dead letters",
                count(seen.view().deadLetters().count()))));
        return lines;
    }

    /** The heading stays. */
    private static List<Line> scrolled(List<Line> table, int row, int roomFor) {
        int room = Math.max(1, roomFor);
        int first = Math.clamp(row, 0, Math.max(0, table.size() - room));
        List<Line> shown = new ArrayList<>(List.of(table.getFirst()));
        shown.addAll(table.subList(1 + first, Math.min(table.size(), first + room)));
        return shown;
    }

    /**
     * As much of each section as there is room for: each gets its heading and a row, in their order, and then one row more in
     * turn; a blank line between two, where all of both is shown.
     */
    static List<Line> share(List<List<Line>> sections, int room) {
        int[] given = new int[sections.size()];
        int left = room;
        boolean more = true;
        for (int round = 0; more && left > 0; round++) {
            more = false;
            for (int i = 0; i < given.length && left > 0; i++) {
                int size = sections.get(i).size();
                int want = round == 0 ? Math.min(2, size) : Math.min(1, size - given[i]);
                if (want > 0 && want <= left) {
                    given[i] += want;
                    left -= want;
                    more = true;
                }
            }
        }
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < given.length; i++) {
            if (given[i] > 0 && !lines.isEmpty() && left > 0) {
                lines.add(new Line());
                left--;
            }
            lines.addAll(sections.get(i).subList(0, given[i]));
        }
        return lines;
    }

    private static Line foot(TopState state, int width, Glyphs glyphs) {
        Line line = new Line();
        int used = 0;
        for (TopState.Pane pane : TopState.Pane.values()) {
            String text = " " + pane.digit() + " " + pane.name().toLowerCase(Locale.ROOT) + " ";
            line.add(pane == state.pane() ? Line.HEADING : Line.PLAIN, text);
            used += text.length();
        }
        String keys = "s " + state.sort().name().toLowerCase(Locale.ROOT) + (state.reversed() ? glyphs.up : glyphs.down)
                + " ? q ";
        return line.add(" ".repeat(Math.max(1, width - used - keys.length()))).add(Line.FAINT, keys);
    }
}
