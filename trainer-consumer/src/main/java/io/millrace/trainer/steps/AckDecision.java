package io.millrace.trainer.steps;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
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

    /** Nothing changes; the text says why. */
    record Refused(String why) implements AckDecision {}
}
