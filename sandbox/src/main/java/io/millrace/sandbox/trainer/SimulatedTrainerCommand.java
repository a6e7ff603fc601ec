package io.millrace.sandbox.trainer;

import io.millrace.common.cli.Command;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.policy.GrpoUpdate;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code millrace simulated-trainer}. */
public final class SimulatedTrainerCommand extends Command<SimulatedTrainerSettings> {
    /** An acknowledgement under way is let finish. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    public SimulatedTrainerCommand() {
        super(
                "simulated-trainer",
                "Takes batches from the trainer consumer as a real trainer does, checks them, and trains nothing.",
                SimulatedTrainerSettings.class);
    }

    /** A batch was not as it must be. */
    static final class BadBatchException extends Exception {
        BadBatchException(int steps) {
            super(steps + " steps had a bad batch; the log and the report file say what was wrong");
        }
    }

    @Override
    public int run(SimulatedTrainerSettings settings) throws Exception {
        return ProcessRunner.run("simulated-trainer", STOP_LIMIT, (runner, stops) -> start(settings, runner, stops));
    }

    private static @Nullable Learner learner(SimulatedTrainerSettings settings) throws Exception {
        if (!settings.learn()) {
            return null;
        }
        GrpoUpdate update = new GrpoUpdate(settings.learningRate(), settings.clip(), 1);
        return Learner.open(update, settings.weightsDir());
    }

    /** Starts the training loop; it asks for the process's end when the wanted steps are done. */
    public static void start(SimulatedTrainerSettings settings, ProcessRunner runner, StopSequence stops)
            throws Exception {
        TrainerClient client =
                new TrainerClient(settings.trainerUrl(), settings.key(), settings.retryLimit(), Ticker.system());
        TrainerJournal journal = TrainerJournal.open(settings.journalFile(), WallClock.system());
        SimulatedTrainer trainer = new SimulatedTrainer(
                settings, client, journal, Ticker.system(), WallClock.system(), learner(settings), runner::requestStop);
        OwnerLoop loop = new OwnerLoop("simulated-trainer", trainer, runner);
        stops.push("simulated-trainer", limit -> {
            loop.stop(limit);
            if (trainer.failedSteps() > 0) {
                throw new BadBatchException(trainer.failedSteps());
            }
        });
        loop.start();
    }
}
