package io.millrace.trainer;

import io.millrace.common.cli.CommandLines;

/** The trainer consumer as a program of its own. */
public final class TrainerMain {
    private TrainerMain() {}

    public static void main(String[] args) {
        System.exit(CommandLines.single(new TrainerCommand(), System.getenv()).execute(args));
    }
}
