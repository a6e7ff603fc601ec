package io.millrace.worker.weights;

import io.millrace.common.config.Setting;
import java.time.Duration;

/** What an update of the weights, or a pause, does to what is being generated. */
public record WeightSettings(
        @Setting(
                defaultValue = "continue",
                help =
                        "What becomes of samples that an engine aborts, as engines do when their weights are updated:"
                                + " continue keeps their tokens and goes on behind them (a text prompt whose ids are unknown,"
                                + " --tokenize false, is drawn anew), restart draws them anew; both wait until the trainer says that the new"
                                + " weights are ready. finish is continue, but what has begun does not wait, only new samples do")
        OnWeightUpdate onWeightUpdate,

        @Setting(
                defaultValue = "10m",
                range = "1s to 24h",
                help = "How long an update of the weights or a pause of the run may hold generation; then the worker"
                        + " warns and goes on")
        Duration holdLimit,

        @Setting(
                defaultValue = "false",
                help =
                        "In a sample that was gone on with under newer weights, train on the tokens of the newest alone: the"
                                + " loss_mask of the others is 0")
        boolean maskOffPolicy) {}
