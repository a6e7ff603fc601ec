package io.millrace.sandbox.cluster;

import io.millrace.common.config.Setting;
import io.millrace.common.id.RunId;
import java.time.Duration;

/**
 * One training run on a cluster.
 *
 * @param meanGroupTime of workload W1 at the stand-in engines
 */
public record RunSettings(
        @Setting(defaultValue = "sandbox", help = "Id of the training run; prefixes its topics")
        RunId run,

        @Setting(defaultValue = "2", range = "1 to 64 processes", help = "Generator workers to start")
        int workers,

        @Setting(
                defaultValue = "2",
                range = "0 to 1000 versions",
                help = "How many weight versions generation may run ahead of training")
        int pipelineDepth,

        @Setting(
                defaultValue = "1s",
                range = "1ms to 24h",
                help = "Mean time the stand-in engine takes for a group of 8")
        Duration meanGroupTime) {}
