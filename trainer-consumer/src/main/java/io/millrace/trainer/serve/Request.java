package io.millrace.trainer.serve;

import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What other threads ask of the owner loop; completed by the loop only. */
sealed interface Request {
    CompletableFuture<?> answer();

    /**
     * @param step null for whichever is due
     * @param deadlineNanos by the loop's ticker
     */
    record Lease(@Nullable StepNumber step, long deadlineNanos, CompletableFuture<LeaseAnswer> answer)
            implements Request {}

    record Acknowledge(StepNumber step, @Nullable WeightVersion version, CompletableFuture<AckAnswer> answer)
            implements Request {}

    record Batch(StepNumber step, CompletableFuture<BatchSource> answer) implements Request {}

    record Status(CompletableFuture<TrainerStatus> answer) implements Request {}
}
