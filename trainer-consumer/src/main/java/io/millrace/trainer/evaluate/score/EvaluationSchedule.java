package io.millrace.trainer.evaluate.score;

import io.millrace.common.record.Policy;
import java.util.Optional;

/**
 * When an evaluation is due by itself: every so many steps, as soon as engines have the weights that hold them. Weights
 * that skip one are evaluated for the newest only. Immutable.
 *
 * @param intervalSteps 0 for never
 * @param batchGroups of one step
 * @param beforeTraining whether the weights before the first step are evaluated
 */
public record EvaluationSchedule(int intervalSteps, int batchGroups, boolean beforeTraining) {
    /** The id of the evaluation that belongs to these weights; the same weights have the same. */
    public Optional<String> due(Policy policy) {
        if (intervalSteps == 0 || policy.state() != Policy.State.READY) {
            return Optional.empty();
        }
        long steps = policy.trainedGroups() / batchGroups / intervalSteps * intervalSteps;
        if (steps == 0 && !beforeTraining) {
            return Optional.empty();
        }
        return Optional.of("step-" + policy.lineage() + "-" + steps);
    }
}
