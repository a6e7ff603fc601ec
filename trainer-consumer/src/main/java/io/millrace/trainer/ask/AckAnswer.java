package io.millrace.trainer.ask;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;

/** The answer to an acknowledgement. */
public sealed interface AckAnswer {
    /**
     * The step's groups are settled, durably; the same for a repeated acknowledgement.
     *
     * @param weightVersion the current one, the announced one with it, as the trainer calls it
     * @param trainedTotal groups trained in the run so far
     */
    record Acknowledged(
            StepNumber step, Lineage lineage, WeightVersion weightVersion, long trainedTotal, StepNumber nextStep)
            implements AckAnswer {}

    /** Nothing changed; the text says why. */
    record Refused(String why, Current current) implements AckAnswer {}
}
