package io.millrace.trainer.ask;

import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import java.util.List;

/** The answer to a trainer that asked for a step. */
public sealed interface LeaseAnswer {
    /** The step is leased and its batch can be read. */
    record Leased(StepRecord.Lease lease, List<String> warnings) implements LeaseAnswer {
        public Leased {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Its groups have not finished within the wait.
     *
     * @param have finished groups that wait
     * @param waitingFor what is missing, for people
     * @param waitingSinceMs wall clock when the waiting began
     */
    record NotYet(StepNumber step, int have, int need, String waitingFor, long waitingSinceMs) implements LeaseAnswer {}
}
