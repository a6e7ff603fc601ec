package io.millrace.trainer.steps;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import java.util.List;

/** What becomes of an acknowledgement. */
public sealed interface AckDecision {
    /**
     * The step is trained.
     *
     * @param records to be written in one transaction before anyone is told
     * @param groups settled by it
     */
    record Acknowledged(StepNumber step, List<ControlRecord> records, List<GroupIndex> groups) implements AckDecision {
        public Acknowledged {
            records = List.copyOf(records);
            groups = List.copyOf(groups);
        }
    }

    /** It was acknowledged before in the same words: nothing to do. */
    record AlreadyAcknowledged(StepNumber step) implements AckDecision {}

    /** Another step is due. */
    record WrongStep(StepNumber asked, StepNumber expected, String why) implements AckDecision {}

    /** The announced version does not follow the current one. */
    record VersionNotNewer(WeightVersion asked, WeightVersion current) implements AckDecision {}

    /** It was acknowledged before with another weight version. */
    record Conflict(StepNumber step, String why) implements AckDecision {}
}
