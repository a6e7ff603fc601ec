package io.millrace.trainer;

import io.millrace.common.config.Command;
import io.millrace.common.lifecycle.OpenFiles;
import io.millrace.common.lifecycle.ProcessRunner;

/** {@code millrace trainer}: serves a run's batches to the trainer until told to stop. */
public final class TrainerCommand implements Command<TrainerSettings> {
    /** Admin, what is read back, three of a session, three of evaluations. */
    private static final int KAFKA_CLIENTS = 8;

    @Override
    public String name() {
        return "trainer";
    }

    @Override
    public String description() {
        return "Collects finished groups and serves them to the trainer, one batch per step.";
    }

    @Override
    public Class<TrainerSettings> settings() {
        return TrainerSettings.class;
    }

    @Override
    public int run(TrainerSettings settings) throws Exception {
        OpenFiles.ofThisProcess()
                .require(KAFKA_CLIENTS, "--downloads-max", settings.downloads().downloadsMax());
        return ProcessRunner.run(
                "trainer", settings.stopTimeout(), (runner, stops) -> TrainerWiring.start(settings, runner, stops));
    }
}
