package io.millrace.common.batch;

/**
 * How many groups may be published: run-ahead is bounded from what was trained when the current weight version became
 * ready, so it stays bounded whatever the update cadence, and what is discarded or abandoned is refilled exactly.
 * Immutable.
 */
public record Capacity(int batchGroups, int pipelineDepth, int stepsPerVersion) {
    public Capacity {
        if (batchGroups < 1 || pipelineDepth < 0 || stepsPerVersion < 1) {
            throw new IllegalArgumentException("capacity needs batch_groups >= 1, pipeline_depth >= 0 and"
                    + " steps_per_version >= 1, was " + batchGroups + ", " + pipelineDepth + ", " + stepsPerVersion);
        }
    }

    /** Groups the trainer takes in one weight version. */
    public long groupsPerVersion() {
        return (long) batchGroups * stepsPerVersion;
    }

    /** Steps that can be filled before the trainer must announce a new weight version. */
    public long stepsUntilNewVersion() {
        return (1L + pipelineDepth) * stepsPerVersion;
    }

    /**
     * How many groups may have been published in all: a further one is admitted while fewer are.
     *
     * @param trainedAtVersion groups trained when the current weight version became ready
     * @param discarded groups discarded so far
     * @param abandoned groups abandoned so far
     */
    public long admissibleUpTo(long trainedAtVersion, long discarded, long abandoned) {
        long ahead = Math.multiplyExact(1L + pipelineDepth, groupsPerVersion());
        return Math.addExact(Math.addExact(trainedAtVersion, ahead), Math.addExact(discarded, abandoned));
    }
}
