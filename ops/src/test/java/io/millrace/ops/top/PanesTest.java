package io.millrace.ops.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.ops.screen.Glyphs;
import io.millrace.trainer.observe.RunView;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;

/** What the screen shows of a fixed view, in sizes of terminals. */
class PanesTest {
    private static final long NOW = 1_000_000;

    private static RunView.Held held(long group, long sinceMs, String worker) {
        return new RunView.Held(
                GroupKind.TRAINING, new GroupIndex(group), new Attempt(1), worker, sinceMs, 3, 8, new WeightVersion(7));
    }

    private static RunView.Worker worker(String id, RunView.WorkerState state, int inUse, long oldestMs) {
        return new RunView.Worker(
                id,
                id + "-1",
                state,
                NOW,
                64,
                inUse,
                100 + inUse,
                0,
                800,
                50_000,
                inUse / 10.0,
                512,
                8,
                List.of(held(41, oldestMs, id)),
                List.of());
    }

    private static RunView view(int workers, String reason) {
        List<RunView.Worker> shown = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            shown.add(worker(
                    "gpu-" + i,
                    i == 1 ? RunView.WorkerState.LOST : RunView.WorkerState.RUNNING,
                    57 - i,
                    NOW - 12_300 - i * 1_000L));
        }
        return new RunView(
                new RunId("exp1"),
                NOW,
                true,
                0,
                null,
                new RunView.Producer(true, NOW, 192, 256L, NOW),
                List.of(
                        new RunView.LaneRow("urgent", 0, null),
                        new RunView.LaneRow("evaluation", 0, null),
                        new RunView.LaneRow("training", 12, NOW - 3_400)),
                new RunView.Groups(12, 34, 1, 5, 8, 128, 3, 1, NOW - 3_400, NOW - 12_300, NOW - 900),
                new RunView.Workers(workers, workers, 128, 114, 12.34, 1_234.5, shown),
                List.of(new RunView.Engine("http://gpu-0:30000", 2, 1, 57, "7")),
                new RunView.Gate(
                        new Lineage(0), new WeightVersion(7), Policy.State.READY, NOW, 5, 8, "3 groups", NOW - 3_200L),
                new RunView.Trainer(
                        List.of(new RunView.OpenStep(new StepNumber(16), 8, NOW - 2_000)),
                        new StepNumber(15),
                        NOW - 2_500),
                List.of(held(41, NOW - 12_300, "gpu-0"), held(44, NOW - 3_000, "gpu-1")),
                List.of(new RunView.End(NOW - 60_000, "discarded", new GroupIndex(9), new Attempt(2), reason)),
                Map.of("stale", 3L),
                new RunView.DeadLetters(1, List.of()),
                List.of(),
                List.of(new RunView.Step(
                        new Lineage(0),
                        new StepNumber(15),
                        "trained",
                        new WeightVersion(7),
                        NOW - 5_000,
                        NOW - 2_500,
                        new WeightVersion(7),
                        8,
                        new RunView.Figures(0.512, 0.4, 1234, null, null),
                        Map.of(0L, 6L, 1L, 2L))),
                List.of(new RunView.Wait("gate", "5 of 8 groups have finished", NOW - 3_200)));
    }

    private static final RunView VIEW = view(3, "stale");

    private static List<String> screen(RunView view, TopState state, int width, int height, Glyphs glyphs) {
        return Panes.screen(Seen.of(view, 0, null), state, width, height, glyphs).stream()
                .map(AttributedString::toString)
                .toList();
    }

    @Test
    void theOverviewFitsAnEightyByTwentyFourTerminal() {
        String screen = String.join(
                "\n",
                screen(VIEW, TopState.START, 80, 24, Glyphs.UNICODE).stream()
                        .map(String::stripTrailing)
                        .toList());
        assertEquals("""
                 millrace  run exp1  version 7 ready  workers 3
                groups   queued 12 → in flight 34 → finished 5 → leased 8 → trained 128
                         discarded 3 · given up 1 · to be issued again 1
                slots    █████████░ 114 of 128 in use (89 %)  12.3 samples/s  1,235 tokens/s
                trainer  has step 16 of 8 groups for 2.0 s · last trained 15, 2.5 s ago
                waits    gate: 3.2 s for 5 of 8 groups have finished

                lane            queued    oldest
                urgent               0         -
                evaluation           0         -
                training            12     3.4 s

                worker        state    slots         in use groups    done samp/s oldest
                gpu-0         running  █████████░     57/64      8     157    5.7   12 s
                gpu-1         lost     █████████░     56/64      8     156    5.6   13 s
                gpu-2         running  █████████░     55/64      8     155    5.5   14 s
                engine                                  well  requests      version
                http://gpu-0:30000                       1/2        57            7
                     group attempt      for   samples  version worker
                        41       1     12 s       3/8        7 gpu-0
                        44       1    3.0 s       3/8        7 gpu-1
                    ago what            group why
                  1m00s discarded           9 stale
                 1 overview  2 workers  3 groups  4 steps  5 drops  6 engines     s worker▼ ? q
                """, screen + "\n");
    }

    @Test
    void everyPaneFitsEverySize() {
        for (Glyphs glyphs : Glyphs.values()) {
            for (TopState.Pane pane : TopState.Pane.values()) {
                for (int width = 1; width <= 200; width += 13) {
                    for (int height = 1; height <= 60; height += 7) {
                        TopState state = new TopState(pane, TopState.Sort.WORKER, false, 5, false);
                        List<AttributedString> lines = Panes.screen(
                                Seen.of(view(40, "ein Grund, der sehr lang ist 漢字漢字".repeat(9)), 0, null),
                                state,
                                width,
                                height,
                                glyphs);
                        assertTrue(lines.size() <= height, pane + " " + width + "x" + height);
                        for (AttributedString line : lines) {
                            assertTrue(line.columnLength() <= width, pane + " " + width + "x" + height + ": " + line);
                        }
                    }
                }
            }
        }
    }

    @Test
    void withoutUnicodeEveryCharacterIsAsciiAndNoneAQuestionMark() {
        for (TopState.Pane pane : TopState.Pane.values()) {
            String screen = String.join(
                    "\n",
                    screen(
                            view(3, "größer als 漢字"),
                            new TopState(pane, TopState.Sort.WORKER, false, 0, false),
                            100,
                            40,
                            Glyphs.ASCII));
            assertTrue(StandardCharsets.US_ASCII.newEncoder().canEncode(screen), screen);
            // The one of the keys' line.
            assertEquals(screen.indexOf(" ? q"), screen.indexOf('?') - 1, screen);
        }
    }

    @Test
    void whatAStrangerWroteCannotMoveTheCursor() {
        String screen = String.join(
                "\n",
                screen(
                        view(1, "\u001b[2J\u001b]0;owned\u0007\r\u202egnp\u0000"),
                        new TopState(TopState.Pane.DROPS, TopState.Sort.WORKER, false, 0, false),
                        100,
                        40,
                        Glyphs.UNICODE));
        assertTrue(screen.contains("[2J"), screen);
        for (char control : new char[] {'\u001b', '\u0007', '\r', '\u202e', '\u0000'}) {
            assertFalse(screen.indexOf(control) >= 0, screen);
        }
    }

    @Test
    void workersAreSortedByWhatIsChosen() {
        TopState byOldest = TopState.START.after(TopState.Key.PANE_2, 10);
        for (TopState.Sort _ : TopState.Sort.values()) {
            if (byOldest.sort() != TopState.Sort.OLDEST) {
                byOldest = byOldest.after(TopState.Key.SORT, 10);
            }
        }
        assertEquals(List.of("gpu-2", "gpu-1", "gpu-0"), names(byOldest));
        assertEquals(List.of("gpu-0", "gpu-1", "gpu-2"), names(byOldest.after(TopState.Key.REVERSE, 10)));
    }

    private static List<String> names(TopState state) {
        return screen(VIEW, state, 100, 30, Glyphs.UNICODE).stream()
                .filter(line -> line.startsWith("gpu-"))
                .map(line -> line.substring(0, 5))
                .toList();
    }

    @Test
    void aLongListIsScrolledUnderItsHeadingAndNotBeyondItsEnd() {
        TopState state = TopState.START.after(TopState.Key.PANE_2, 10).after(TopState.Key.PAGE_DOWN, 10);
        List<String> screen = screen(view(40, ""), state, 80, 24, Glyphs.UNICODE);
        assertTrue(screen.stream().anyMatch(line -> line.startsWith("worker ")), screen::toString);
        TopState end = state;
        for (int i = 0; i < 10; i++) {
            end = end.after(TopState.Key.PAGE_DOWN, 10);
        }
        assertTrue(
                screen(view(40, ""), end, 80, 24, Glyphs.UNICODE).stream().anyMatch(line -> line.startsWith("gpu-9 ")));
    }

    @Test
    void aRunThatStandsSaysSo() {
        assertTrue(Panes.screen(Seen.of(VIEW, 75_000, null), TopState.START, 80, 24, Glyphs.UNICODE)
                .getFirst()
                .toString()
                .contains("quiet for 1m15s"));
        assertTrue(Panes.screen(Seen.of(VIEW, 0, "no broker"), TopState.START, 80, 24, Glyphs.UNICODE)
                .getFirst()
                .toString()
                .endsWith("no broker "));
    }

    @Test
    void aBarIsFullOnlyWhereAllIsAndEmptyOnlyWhereNothingIs() {
        assertEquals("#...", Glyphs.ASCII.bar(1, 64, 4));
        assertEquals("###.", Glyphs.ASCII.bar(63, 64, 4));
        assertEquals("####", Glyphs.ASCII.bar(64, 64, 4));
        assertEquals("....", Glyphs.ASCII.bar(0, 64, 4));
        assertEquals("....", Glyphs.ASCII.bar(0, 0, 4));
        assertEquals("####", Glyphs.ASCII.bar(70, 64, 4));
    }

    @Test
    void timesAndCountsAreShort() {
        assertEquals("0.4 s", Figures.time(420));
        assertEquals("59 s", Figures.time(59_999));
        assertEquals("3m05s", Figures.time(185_000));
        assertEquals("2h07m", Figures.time(7_620_000));
        assertEquals("4d02h", Figures.time(352_800_000));
        assertEquals("0.0 s", Figures.time(-5));
        assertEquals("999,999", Figures.count(999_999));
        assertEquals("1.2M", Figures.count(1_234_567));
    }
}
