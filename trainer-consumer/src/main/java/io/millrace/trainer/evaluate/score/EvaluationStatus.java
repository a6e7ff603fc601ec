package io.millrace.trainer.evaluate.score;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import org.jspecify.annotations.Nullable;

/**
 * How an evaluation stands.
 *
 * @param issuedVersion the newest weight version when its tasks were issued; null before
 * @param groups its prompts; 0 before its tasks are issued
 * @param cause why its tasks could not be issued; null otherwise
 * @param report null before the end
 * @param issued which groups are its; null before
 */
public record EvaluationStatus(
        EvalRecord.Request request,
        Evaluation.State state,
        @Nullable WeightVersion issuedVersion,
        long groups,
        long done,
        long failed,
        @Nullable String cause,
        EvalRecord.@Nullable Report report,
        EvalRecord.@Nullable Issued issued) {
    /** Whether it will come to an end yet. */
    public boolean isOpen() {
        return state == Evaluation.State.WAITING || state == Evaluation.State.RUNNING;
    }
}
