package io.millrace.trainer.ask;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;

/**
 * The answer to an acknowledgement: the step's groups are settled, durably; the same for a repeated one.
 *
 * @param weightVersion the current one, the announced one with it, as the trainer calls it
 * @param trainedTotal groups trained in the run so far
 */
public record AckAnswer(
        StepNumber step, Lineage lineage, WeightVersion weightVersion, long trainedTotal, StepNumber nextStep) {}
