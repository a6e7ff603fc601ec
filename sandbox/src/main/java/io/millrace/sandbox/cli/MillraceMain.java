package io.millrace.sandbox.cli;

import io.millrace.common.cli.Command;
import io.millrace.common.cli.CommandLines;
import io.millrace.ops.OpsMain;
import io.millrace.producer.ProducerCommand;
import io.millrace.sandbox.bench.SeedRunCommand;
import io.millrace.sandbox.bench.StalenessBenchCommand;
import io.millrace.sandbox.bench.speed.SpeedBenchCommand;
import io.millrace.sandbox.broker.BrokerCommand;
import io.millrace.sandbox.chaos.ChaosCommand;
import io.millrace.sandbox.demo.DemoCommand;
import io.millrace.sandbox.demo.RealDemoCommand;
import io.millrace.sandbox.engine.EngineCommand;
import io.millrace.sandbox.growth.GrowthCommand;
import io.millrace.sandbox.model.ExploreCommand;
import io.millrace.sandbox.trainer.SimulatedTrainerCommand;
import io.millrace.trainer.TrainerCommand;
import io.millrace.worker.WorkerCommand;
import java.util.ArrayList;
import java.util.List;

/** {@code scripts/millrace}. */
public final class MillraceMain {
    private MillraceMain() {}

    public static void main(String[] args) {
        int exitCode = CommandLines.program(
                        "millrace",
                        "The rollout queue between LLM generation and RL training, on Kafka.",
                        commands(),
                        System.getenv())
                .execute(args);
        System.exit(exitCode);
    }

    /** Every command, in the order of the help. */
    static List<Command<?>> commands() {
        List<Command<?>> commands = new ArrayList<>(List.of(
                new DemoCommand(),
                new RealDemoCommand(),
                new ChaosCommand(),
                new ExploreCommand(),
                new BrokerCommand(),
                new EngineCommand(),
                new ProducerCommand(),
                new WorkerCommand(),
                new TrainerCommand(),
                new SimulatedTrainerCommand()));
        commands.addAll(OpsMain.commands());
        commands.addAll(List.of(
                new SeedRunCommand(),
                new StalenessBenchCommand(),
                new GrowthCommand(),
                new SpeedBenchCommand(),
                new RehearsalCommand()));
        return commands;
    }
}
