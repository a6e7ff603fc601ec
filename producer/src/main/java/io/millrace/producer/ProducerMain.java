package io.millrace.producer;

import io.millrace.common.cli.CommandLines;

/** The producer as a program of its own. */
public final class ProducerMain {
    private ProducerMain() {}

    public static void main(String[] args) {
        System.exit(CommandLines.single(new ProducerCommand(), System.getenv()).execute(args));
    }
}
