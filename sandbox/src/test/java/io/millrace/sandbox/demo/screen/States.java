package io.millrace.sandbox.demo.screen;

import java.util.ArrayList;
import java.util.List;

/** Screen states for tests and for looking at the screen. */
public final class States {
    private States() {}

    /** A demo in its 12th step, with a worker that joined and one that left. */
    static DemoState running(int stepsDone) {
        List<DemoState.Step> steps = new ArrayList<>();
        for (int i = 0; i < stepsDone; i++) {
            steps.add(new DemoState.Step(i, 0.5 + i % 4 * 0.25, 0.3 + 0.05 * i));
        }
        return new DemoState(
                "demo",
                "runs",
                83_400,
                20,
                steps,
                new DemoState.Groups(18, 31, 9, 32L * stepsDone, 0, 0),
                new DemoState.Flow(133.6, 21_480, 126, 192, 0.984),
                List.of(
                        new DemoState.Worker("w1", "running", 64, 64, 9, 131, 1_066),
                        new DemoState.Worker("w2", "running", 64, 32, 10, 128, 1_041),
                        new DemoState.Worker("visitor-from-elsewhere", "draining", 64, 0, 1, 12, 99),
                        new DemoState.Worker("w4", "stopped", 64, 0, 0, 4, 33)),
                List.of(
                        new DemoState.Waiting("producer", "admission: 128 groups are out", 1_240),
                        new DemoState.Waiting("trainer", "the trainer to acknowledge step 11", 310)),
                ".millrace/demo/logs");
    }

    static DemoState starting() {
        return new DemoState(
                "demo",
                "starts the broker",
                900,
                20,
                List.of(),
                DemoState.Groups.NONE,
                DemoState.Flow.NONE,
                List.of(),
                List.of(),
                ".millrace/demo/logs");
    }
}
