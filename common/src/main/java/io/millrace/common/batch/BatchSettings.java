package io.millrace.common.batch;

import io.millrace.common.config.Setting;

/**
 * The size of a step and the usual run-ahead. Producer and trainer consumer of a run give the same values.
 *
 * @param batchGroups groups of one step
 * @param samplesPerGroup samples of one group
 * @param pipelineDepth weight versions that generation may run ahead of training
 * @param stepsPerVersion steps that the trainer takes between two weight updates
 */
public record BatchSettings(
        @Setting(
                name = "batch-groups",
                defaultValue = "32",
                min = "1",
                max = "100000",
                unit = "groups",
                help = "Groups in one training step")
        int batchGroups,

        @Setting(
                name = "samples-per-group",
                defaultValue = "8",
                min = "1",
                max = "4096",
                unit = "samples",
                help = "Samples generated for each prompt")
        int samplesPerGroup,

        @Setting(
                name = "pipeline-depth",
                defaultValue = "1",
                min = "0",
                max = "1000",
                unit = "weight versions",
                help = "How far generation may run ahead of training")
        int pipelineDepth,

        @Setting(
                name = "steps-per-version",
                defaultValue = "1",
                min = "1",
                max = "10000",
                unit = "steps",
                help = "Training steps between two weight updates")
        int stepsPerVersion) {
    /** The admission arithmetic of these settings. */
    public Capacity capacity() {
        return new Capacity(batchGroups, pipelineDepth, stepsPerVersion);
    }
}
