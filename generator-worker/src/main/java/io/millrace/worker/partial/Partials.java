package io.millrace.worker.partial;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.record.PartialRef;
import io.millrace.common.rollout.RolloutGroup;

/** Where unfinished groups of other workers are read. Thread-safe; calls block and end when interrupted. */
@FunctionalInterface
public interface Partials {
    /**
     * The group that stands there; its unfinished samples are aborted ones. Whether it is the one that the reference
     * names is for the attempt to say.
     *
     * @throws BadRecordException when nothing is there, cannot be read in time, or is no group
     */
    RolloutGroup read(PartialRef ref, GroupIndex group) throws BadRecordException, InterruptedException;
}
