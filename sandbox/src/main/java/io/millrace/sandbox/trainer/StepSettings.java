package io.millrace.sandbox.trainer;

import io.millrace.common.config.Setting;
import java.time.Duration;

/**
 * What a simulated trainer makes of a step.
 *
 * @param batchGroups groups each batch must have
 * @param samplesPerGroup samples each group must have
 * @param trainTime how long one step takes
 */
public record StepSettings(
        @Setting(
                name = "batch-groups",
                defaultValue = "32",
                min = "1",
                max = "65536",
                unit = "groups",
                help = "Groups of one step")
        int batchGroups,

        @Setting(
                name = "samples-per-group",
                defaultValue = "8",
                min = "1",
                max = "4096",
                unit = "samples",
                help = "Samples of one group")
        int samplesPerGroup,

        @Setting(
                name = "train-time",
                defaultValue = "1s",
                min = "0s",
                max = "24h",
                help = "How long the training of one step takes")
        Duration trainTime) {}
