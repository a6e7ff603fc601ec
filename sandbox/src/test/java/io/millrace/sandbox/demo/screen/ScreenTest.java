package io.millrace.sandbox.demo.screen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ops.screen.Glyphs;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScreenTest {
    @Test
    void aRunningDemoLooksLikeThis() {
        String golden = """
                Millrace demo · run demo · runs · 01:23

                step      ██████████████████░░░░░░░░░░░░ 12 of 20
                groups    queued 18 · in flight 31 · finished 9 · trained 384
                engine    134 samples/s · 21,480 tokens/s · 126 of 192 slots busy (98 %)
                wait      last 1.3 s · mean 0.9 s
                reward    ▃▃▄▄▅▅▅▆▆▆▇▇ last 0.850

                worker    state     slots                 in use  groups  finished   samples
                w1        running   ████████████████       64/64       9       131      1066
                w2        running   ████████░░░░░░░░       32/64      10       128      1041
                visitor-f draining  ░░░░░░░░░░░░░░░░        0/64       1        12        99
                w4        stopped   ░░░░░░░░░░░░░░░░        0/64       0         4        33

                waiting   producer: admission: 128 groups are out (1.2 s)
                waiting   trainer: the trainer to acknowledge step 11 (0.3 s)
                logs      .millrace/demo/logs · Ctrl-C stops everything cleanly""";
        assertEquals(golden, String.join("\n", Screen.lines(States.running(12), 100, Glyphs.UNICODE)));
    }

    @Test
    void aDemoThatStartsLooksLikeThis() {
        String golden = """
                Millrace demo - run demo - starts the broker - 00:00

                step      .............................. 0 of 20
                groups    queued 0 - in flight 0 - finished 0 - trained 0
                engine    0 samples/s - 0 tokens/s - 0 of 0 slots busy (0 %)
                wait      no step yet
                reward    no step yet

                worker    state     slots                 in use  groups  finished   samples
                none yet

                logs      .millrace/demo/logs - Ctrl-C stops everything cleanly""";
        assertEquals(golden, String.join("\n", Screen.lines(States.starting(), 100, Glyphs.ASCII)));
    }

    @Test
    void noLineIsWiderThanTheTerminal() {
        List<String> lines = Screen.lines(States.running(20), 40, Glyphs.UNICODE);
        assertTrue(lines.stream().allMatch(line -> line.length() <= 40));
    }

    @Test
    void groupsSettledWithoutTrainingAreShownWhenThereAreSome() {
        DemoState some = States.running(1);
        DemoState lost = new DemoState(
                some.run(),
                some.phase(),
                some.elapsedMs(),
                some.stepsWanted(),
                some.steps(),
                new DemoState.Groups(0, 0, 0, 32, 3, 1),
                some.flow(),
                some.workers(),
                some.waiting(),
                some.logs());
        assertTrue(Screen.lines(lost, 80, Glyphs.ASCII).contains("          discarded 3 - abandoned 1"));
    }

    @Test
    void rewardsBelowZeroFitIntoTheSparkLine() {
        assertEquals("▁▅█", Glyphs.UNICODE.spark(new double[] {-1, 0, 1}));
        assertEquals("", Glyphs.UNICODE.spark(new double[] {}));
    }

    @Test
    void thePlainOutputHasOneLinePerPhaseAndPerStep() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PlainOutput output = new PlainOutput(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        output.show(States.starting());
        output.show(States.starting());
        output.show(States.running(1));
        output.show(States.running(1));
        output.show(States.running(3));
        List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(5, lines.size());
        assertEquals("00:00 starts the broker", lines.get(0));
        assertEquals("01:23 runs", lines.get(1));
        assertEquals(
                "01:23 step 3 of 20: waited 1.0 s, reward mean 0.400; groups queued 18, in flight 31, finished 9,"
                        + " trained 96; 134 samples/s, 98 % of 192 slots busy",
                lines.get(4));
    }
}
