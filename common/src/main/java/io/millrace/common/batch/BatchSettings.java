package io.millrace.common.batch;

import io.millrace.common.config.Setting;

/** The size of a step and the usual run-ahead. Producer and trainer consumer of a run give the same values. */
public record BatchSettings(
        @Setting(defaultValue = "32", range = "1 to 100000 groups", help = "Groups in one training step")
        int batchGroups,

        @Setting(defaultValue = "8", range = "1 to 4096 samples", help = "Samples generated for each prompt")
        int samplesPerGroup,

        @Setting(
                defaultValue = "1",
                range = "0 to 1000 weight versions",
                help = "How far generation may run ahead of training")
        int pipelineDepth,

        @Setting(defaultValue = "1", range = "1 to 10000 steps", help = "Training steps between two weight updates")
        int stepsPerVersion) {
    /** The admission arithmetic of these settings. */
    public Capacity capacity() {
        return new Capacity(batchGroups, pipelineDepth, stepsPerVersion);
    }
}
