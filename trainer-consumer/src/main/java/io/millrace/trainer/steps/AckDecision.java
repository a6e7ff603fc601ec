package io.millrace.trainer.steps;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import java.util.List;

/** What becomes of an acknowledgement. */
public sealed interface AckDecision {
    /**
     * The step is trained.
     *
     * @param lease that it ends
     * @param records to be written in one transaction before anyone is told
     * @param groups settled by it; none when it was a recorded step again
     */
    record Acknowledged(StepRecord.Lease lease, List<ControlRecord> records, List<GroupIndex> groups)
            implements AckDecision {
        public Acknowledged {
            records = List.copyOf(records);
            groups = List.copyOf(groups);
        }

        public StepNumber step() {
            return lease.step();
        }
    }

    /** It was acknowledged before in the same words: nothing to do. */
    record AlreadyAcknowledged(StepNumber step) implements AckDecision {}

    /** It names a lease that is not the open one: of another lineage, of another step, or void. */
    record NotTheOpenLease(LeaseToken asked, String why) implements AckDecision {}

    /** The announced version does not follow the current one; both as the trainer calls them. */
    record VersionNotNewer(WeightVersion asked, WeightVersion current) implements AckDecision {}

    /** The announced version is too far above the current one to be one. */
    record VersionTooHigh(String why) implements AckDecision {}

    /** The checkpoint named resumes at a step that has not been trained. */
    record CheckpointAhead(StepNumber asked, StepNumber newestPossible) implements AckDecision {}

    /** It was acknowledged before with another weight version. */
    record Conflict(StepNumber step, String why) implements AckDecision {}
}
