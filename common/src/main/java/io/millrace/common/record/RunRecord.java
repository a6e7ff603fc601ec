package io.millrace.common.record;

import org.jspecify.annotations.Nullable;

/**
 * What the processes of a run must share, on the compacted {@code run} topic. The producer writes it before its first
 * prompt, and again when something in it changes that may; trainer consumer and workers check theirs against it.
 *
 * @param format of the run's records, {@link #FORMAT}
 * @param batchGroups groups of one step
 * @param samplesPerGroup samples of one group
 * @param stepsPerVersion steps between two weight updates
 * @param pipelineDepth weight versions that generation may run ahead
 * @param resultPartitions of {@code results}
 * @param recordSizeMax bytes of the largest record
 * @param dataSet fingerprint of the data set
 * @param sampling fingerprint of the sampling parameters
 * @param rewardType of prompts that name none; null when every prompt names its own
 * @param workerTimeoutMs after which a worker that says nothing counts as lost; null from a producer that did not say yet
 */
public record RunRecord(
        int format,
        int batchGroups,
        int samplesPerGroup,
        int stepsPerVersion,
        int pipelineDepth,
        int resultPartitions,
        long recordSizeMax,
        String dataSet,
        String sampling,
        @Nullable String rewardType,
        @Nullable Long workerTimeoutMs)
        implements ControlRecord {
    /** The topic's only key. */
    public static final String KEY = "run";

    /** Rises when processes of two versions can no longer read each other. */
    public static final int FORMAT = 1;

    public RunRecord {
        if (batchGroups < 1 || samplesPerGroup < 1 || stepsPerVersion < 1 || resultPartitions < 1) {
            throw new IllegalArgumentException(
                    "batch_groups, samples_per_group, steps_per_version and result_partitions must be 1 or more");
        }
    }
}
