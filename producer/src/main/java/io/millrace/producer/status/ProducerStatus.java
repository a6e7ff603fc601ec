package io.millrace.producer.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the producer is doing, as {@code /status} gives it in JSON and the metrics show it.
 *
 * @param published groups of the run, which is also the next group's index
 * @param heldByWorkers groups at workers by their newest statuses: those of a generation shorter than the time between two
 *     statuses are most often finished, or not known to be taken, whenever the counts are looked at
 * @param workers heard of lately that have not stopped
 * @param rewardMean of the newest finished groups; null when there is none
 * @param admissionLimit how many may have been published in all by now
 * @param caughtUp whether the ledger knows what workers say now, so that lost attempts are found
 * @param attempts what became of attempts since the process began, by how they ended, and how many were {@code reissued}
 * @param waitingFor null while publishing
 * @param waitingSinceMs wall clock when that wait began, 0 while publishing
 * @param evaluations in no way part of the other counts
 */
public record ProducerStatus(
        RunId run,
        long published,
        long nextIndex,
        long queued,
        long inFlight,
        long heldByWorkers,
        long workers,
        long finished,
        long failed,
        long abandoning,
        long settled,
        long trained,
        long discarded,
        long abandoned,
        long settledLowWaterMark,
        @Nullable Double rewardMean,
        long admissionLimit,
        boolean caughtUp,
        Map<String, Long> attempts,
        @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable String waitingFor,
        long waitingSinceMs,
        boolean exhausted,
        DataSetInfo dataset,
        PolicyInfo policy,
        EvaluationCounts evaluations) {
    /** What does not change while the process lives. */
    public record DataSetInfo(String path, long rows, long badRows, String fingerprint, long seed) {}

    /** The newest policy. */
    public record PolicyInfo(Lineage lineage, WeightVersion weightVersion, long trainedGroups, String state) {
        public static PolicyInfo of(Policy policy) {
            return new PolicyInfo(
                    policy.lineage(),
                    policy.weightVersion(),
                    policy.trainedGroups(),
                    policy.state().word());
        }
    }

    /** @param open evaluations asked for and not closed */
    public record EvaluationCounts(
            int open, long groupsQueued, long groupsInFlight, long groupsFinished, long groupsFailed) {}

    /** Groups at workers, by what is known best. */
    public long atWorkers() {
        return Math.max(inFlight, heldByWorkers);
    }

    /** The same while the broker is away. */
    public ProducerStatus waiting(String whatFor, long sinceMs) {
        return new ProducerStatus(
                run,
                published,
                nextIndex,
                queued,
                inFlight,
                heldByWorkers,
                workers,
                finished,
                failed,
                abandoning,
                settled,
                trained,
                discarded,
                abandoned,
                settledLowWaterMark,
                rewardMean,
                admissionLimit,
                false,
                attempts,
                whatFor,
                sinceMs,
                exhausted,
                dataset,
                policy,
                evaluations);
    }
}
