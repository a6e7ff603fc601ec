package io.millrace.trainer;

import io.millrace.common.config.Command;
import io.millrace.common.lifecycle.ProcessRunner;

/** {@code millrace trainer}: serves a run's batches to the trainer until told to stop. */
public final class TrainerCommand implements Command<TrainerSettings> {
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
        return ProcessRunner.run(
                "trainer", settings.stopTimeout(), (runner, stops) -> TrainerWiring.start(settings, runner, stops));
    }
}
