package io.millrace.sandbox.cli;

import io.millrace.common.config.CommandLines;
import io.millrace.sandbox.broker.BrokerCommand;
import io.millrace.sandbox.engine.EngineCommand;
import io.millrace.worker.WorkerCommand;
import java.util.List;

/** {@code scripts/millrace}. */
public final class MillraceMain {
    private MillraceMain() {}

    public static void main(String[] args) {
        int exitCode = CommandLines.program(
                        "millrace",
                        "The rollout queue between LLM generation and RL training, on Kafka.",
                        List.of(new BrokerCommand(), new EngineCommand(), new WorkerCommand()),
                        System.getenv())
                .execute(args);
        System.exit(exitCode);
    }
}
