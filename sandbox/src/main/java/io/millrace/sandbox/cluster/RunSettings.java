package io.millrace.sandbox.cluster;

import io.millrace.common.config.Setting;
import io.millrace.common.id.RunId;
import java.time.Duration;

/**
 * One training run on a cluster.
 *
 * @param pipelineDepth weight versions that generation may run ahead of training
 * @param meanGroupTime of workload W1 at the stand-in engines
 */
public record RunSettings(
        @Setting(name = "run", defaultValue = "sandbox", help = "Id of the training run; prefixes its topics")
        RunId run,

        @Setting(
                name = "workers",
                defaultValue = "2",
                min = "1",
                max = "64",
                unit = "processes",
                help = "Generator workers to start")
        int workers,

        @Setting(
                name = "pipeline-depth",
                defaultValue = "2",
                min = "0",
                max = "1000",
                unit = "versions",
                help = "How many weight versions generation may run ahead of training")
        int pipelineDepth,

        @Setting(
                name = "mean-group-time",
                defaultValue = "1s",
                min = "1ms",
                max = "24h",
                help = "Mean time the stand-in engine takes for a group of 8")
        Duration meanGroupTime) {}
