package io.millrace.trainer.steps;

import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import java.util.List;

/** What becomes of the wish to lease a step. */
public sealed interface LeaseDecision {
    /** The step is leased: the same batch again, whatever happened in between. */
    record SameLease(StepRecord.Lease lease, List<String> warnings) implements LeaseDecision {
        public SameLease {
            warnings = List.copyOf(warnings);
        }
    }

    /** The step may be leased as soon as its groups are there. */
    record MayLease(StepNumber step, List<String> warnings) implements LeaseDecision {
        public MayLease {
            warnings = List.copyOf(warnings);
        }
    }

    /** The step is a recorded one, and is leased with the groups it had. */
    record MayReplay(StepNumber step) implements LeaseDecision {}

    /** Another step is due. */
    record WrongStep(String why) implements LeaseDecision {}

    /** No further step can be filled before a new weight version is announced; the text says what to do. */
    record UnfillableAtThisVersion(String why) implements LeaseDecision {}
}
