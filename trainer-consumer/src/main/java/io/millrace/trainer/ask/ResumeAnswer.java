package io.millrace.trainer.ask;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;

/**
 * The answer to a trainer that goes back to a checkpoint: the run is in the lineage, durably; the same for a repeated
 * request.
 *
 * @param weightVersion the one at the checkpoint, as the trainer said or called its last ones, or a later one when the
 *     lineage has gone on
 * @param replayBefore steps up to this one, exclusive, are the recorded ones
 */
public record ResumeAnswer(
        Lineage lineage, StepNumber nextStep, StepNumber replayBefore, WeightVersion weightVersion) {}
