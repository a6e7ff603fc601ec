package io.millrace.trainer.ask;

import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.wire.PackedGroup;
import io.millrace.trainer.batch.BatchSource;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.steps.ResumeMode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What other threads ask of the owner loop; completed by the loop, or given up by who asked. */
public sealed interface Request {
    CompletableFuture<?> answer();

    /**
     * @param step null for whichever is due
     * @param lineage the one that the trainer is in
     * @param deadlineNanos by the loop's ticker
     */
    record Lease(@Nullable StepNumber step, Lineage lineage, long deadlineNanos, CompletableFuture<LeaseAnswer> answer)
            implements Request {}

    /**
     * @param version the weight version the step led to; null for none
     * @param checkpoint the step at which the newest durable checkpoint resumes; null for none
     */
    record Acknowledge(
            LeaseToken lease,
            @Nullable WeightVersion version,
            @Nullable StepNumber checkpoint,
            CompletableFuture<AckAnswer> answer)
            implements Request {}

    /** @param word what the trainer calls the weights of the checkpoint; null where it does not say */
    record Resume(
            StepNumber step,
            ResumeMode mode,
            Lineage lineage,
            @Nullable WeightVersion word,
            CompletableFuture<ResumeAnswer> answer)
            implements Request {}

    /** @param announcement null to ask only */
    record Weights(@Nullable Announcement announcement, CompletableFuture<PolicyAnswer> answer) implements Request {}

    record Batch(LeaseToken lease, CompletableFuture<BatchSource> answer) implements Request {}

    /**
     * Always answered with an exception: what becomes of the step, and how the run stands then.
     *
     * @param lease as it was served
     * @param gone entries of it that cannot be read back
     */
    record Unreadable(StepRecord.Lease lease, List<ManifestEntry> gone, CompletableFuture<List<PackedGroup>> answer)
            implements Request {}

    record Status(CompletableFuture<TrainerStatus> answer) implements Request {}
}
