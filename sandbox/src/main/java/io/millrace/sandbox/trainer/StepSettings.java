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
        @Setting(defaultValue = "32", range = "1 to 65536 groups", help = "Groups of one step")
        int batchGroups,

        @Setting(defaultValue = "8", range = "1 to 4096 samples", help = "Samples of one group")
        int samplesPerGroup,

        @Setting(defaultValue = "1s", range = "0s to 24h", help = "How long the training of one step takes")
        Duration trainTime) {}
