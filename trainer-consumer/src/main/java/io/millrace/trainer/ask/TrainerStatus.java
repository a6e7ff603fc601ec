package io.millrace.trainer.ask;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.RewardStats;
import io.millrace.common.rollout.StalenessFigures;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the trainer consumer stands; a snapshot.
 *
 * @param weightVersion as the trainer calls it
 * @param versionOffset what the run's own number is above that; metrics and records have the number
 * @param policySinceMs wall clock when the policy's state began
 * @param policyWarning what is wrong with an update or a pause; null when nothing is
 * @param openStep the leased step; null when none is
 * @param replayBefore while recorded steps are served again: the first that is new; null otherwise
 * @param checkpointStep where the newest checkpoint that the trainer named resumes; null when it named none
 * @param keptSteps acknowledged steps whose results are kept for a replay
 * @param finished groups that finished and wait, neither leased nor settled
 * @param leased groups of the open step
 * @param trained groups, as are discarded and abandoned: settled in the run so far
 * @param discardedByReason groups that this process discarded
 * @param consecutiveFiltered groups that filters dropped since one was kept
 * @param consecutiveAbandoned groups given up since one finished
 * @param lastAbandoned how many those are, and the commonest cause; null when there are none
 * @param rewardWarning why nothing can be learned from the rewards so far; null while something can
 * @param rejected results that could not be used, in the run so far
 * @param duplicatesDropped results of groups that had won or were settled before
 * @param skippedBadRecords records of results that name no group, in the run so far
 * @param lowWaterMark every group index below it is settled
 * @param payloadBytes finished groups in memory
 * @param partBytes parts in memory of groups that are not whole
 * @param stepsInVersion steps acknowledged since the current weight version was announced
 * @param waitingFor what the consumer waits for, for people
 * @param waitingSinceMs wall clock when that began
 * @param lastStepRewards over the samples of the step leased last; null when this process has leased none
 * @param staleness of the groups handed over since this process has read the run
 * @param responseLength likewise
 */
public record TrainerStatus(
        RunId run,
        Lineage lineage,
        WeightVersion weightVersion,
        long versionOffset,
        Policy.State policyState,
        long policySinceMs,
        @Nullable @JsonInclude(JsonInclude.Include.ALWAYS) String policyWarning,
        StepNumber nextStep,
        @Nullable @JsonInclude(JsonInclude.Include.ALWAYS) StepNumber openStep,
        @Nullable @JsonInclude(JsonInclude.Include.ALWAYS) StepNumber replayBefore,
        @Nullable @JsonInclude(JsonInclude.Include.ALWAYS) StepNumber checkpointStep,
        int keptSteps,
        int batchGroups,
        int finished,
        int leased,
        long trained,
        long discarded,
        Map<String, Long> discardedByReason,
        long consecutiveFiltered,
        long abandoned,
        long consecutiveAbandoned,
        @Nullable String lastAbandoned,
        @Nullable String rewardWarning,
        long rejected,
        long duplicatesDropped,
        long skippedBadRecords,
        long lowWaterMark,
        long payloadBytes,
        long partBytes,
        long stepsInVersion,
        String waitingFor,
        long waitingSinceMs,
        @Nullable @JsonInclude(JsonInclude.Include.ALWAYS) StepRewards lastStepRewards,
        StalenessFigures.Snapshot staleness,
        ResponseLength responseLength) {
    /**
     * Response tokens a group: where the two differ, batches favour short or long answers.
     *
     * @param trainedMean of the groups handed over
     * @param generatedMean of all that finished
     */
    public record ResponseLength(double trainedMean, double generatedMean) {}

    /** The rewards of one step's samples. */
    public record StepRewards(StepNumber step, double mean, double std) {
        /** @param groups statistics of groups of equal size */
        public static StepRewards of(StepNumber step, java.util.List<RewardStats> groups) {
            RewardStats all = RewardStats.over(groups);
            return new StepRewards(step, all.mean(), all.std());
        }
    }
}
