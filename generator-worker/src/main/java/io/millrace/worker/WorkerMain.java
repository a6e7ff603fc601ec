package io.millrace.worker;

import io.millrace.common.cli.CommandLines;

/** The worker as a program of its own. */
public final class WorkerMain {
    private WorkerMain() {}

    public static void main(String[] args) {
        System.exit(CommandLines.single(new WorkerCommand(), System.getenv()).execute(args));
    }
}
