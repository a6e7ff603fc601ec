package io.millrace.sandbox.demo.screen;

import java.io.PrintStream;

/** One line per phase and per step: for logs, pipes and people without a terminal. */
public final class PlainOutput implements DemoOutput {
    private final PrintStream out;
    private String phase = "";
    private int stepsShown;

    public PlainOutput(PrintStream out) {
        this.out = out;
    }

    @Override
    public void show(DemoState state) {
        if (!state.phase().equals(phase)) {
            phase = state.phase();
            out.println(Screen.clock(state.elapsedMs()) + " " + phase);
        }
        for (; stepsShown < state.steps().size(); stepsShown++) {
            out.println(Screen.stepLine(state, stepsShown));
        }
        out.flush();
    }

    @Override
    public void close() {
        out.flush();
    }
}
