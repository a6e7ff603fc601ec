package io.millrace.worker.generate;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.record.PartialRef;
import io.millrace.common.rollout.RolloutGroup;

/** Where unfinished groups of other workers are read. Thread-safe; calls block and end when interrupted. */
@FunctionalInterface
public interface Partials {
    /**
     * The group as it was given back; its unfinished samples are aborted ones.
     *
     * @throws BadRecordException when it is not there, cannot be read in time, or is no group
     */
    RolloutGroup read(PartialRef ref, GroupIndex group) throws BadRecordException, InterruptedException;
}
