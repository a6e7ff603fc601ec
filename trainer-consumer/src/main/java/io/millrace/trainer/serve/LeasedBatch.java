package io.millrace.trainer.serve;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.RolloutGroup;
import java.util.List;

/**
 * One step's groups, ready to be trained on. The groups' arrays are shared and must not be changed.
 *
 * @param weightVersion the trainer's version at hand-over
 * @param groups whole, ascending by group index, each once
 */
public record LeasedBatch(Lineage lineage, StepNumber step, WeightVersion weightVersion, List<RolloutGroup> groups) {
    public LeasedBatch {
        groups = List.copyOf(groups);
    }
}
