package io.millrace.trainer.observe;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.RunRecord;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run at one moment, for people. Every time in it ({@code ...Ms}) is of the broker's clock, so that an age is {@link
 * #nowMs} minus it, whoever reads it where. Immutable.
 *
 * @param nowMs the broker's time of the newest record that was read; it stands still while nobody writes
 * @param caughtUp whether all is read that stood on the topics when the reading began; before that, figures only grow
 * @param untracked groups beyond the limit of what is followed, in no figure but {@code published}; 0 in any usual run
 * @param agreement what the processes of the run share; null before its producer first started
 * @param lanes urgent, evaluation, training
 * @param slowest training groups at workers, the oldest first
 * @param ends what was given up, refused or repeated lately, the newest first
 * @param evaluations the newest first
 * @param steps leased and trained ones, the newest first
 * @param waits what waits for what, since when
 */
public record RunView(
        RunId run,
        long nowMs,
        boolean caughtUp,
        long untracked,
        @Nullable RunRecord agreement,
        Producer producer,
        List<LaneRow> lanes,
        Groups groups,
        Workers workers,
        List<Engine> engines,
        Gate gate,
        Trainer trainer,
        List<Held> slowest,
        List<End> ends,
        Map<String, Long> endsByReason,
        DeadLetters deadLetters,
        List<Evaluation> evaluations,
        List<Step> steps,
        List<Wait> waits) {
    public RunView {
        lanes = List.copyOf(lanes);
        engines = List.copyOf(engines);
        slowest = List.copyOf(slowest);
        ends = List.copyOf(ends);
        endsByReason = Map.copyOf(endsByReason);
        evaluations = List.copyOf(evaluations);
        steps = List.copyOf(steps);
        waits = List.copyOf(waits);
    }

    /**
     * @param live whether its heartbeat came within the last 10 s
     * @param seenMs of its newest heartbeat; null before the first
     * @param published training groups so far
     * @param admissible training groups that may have been published in all; null before the run record
     * @param lastPublishedMs null before the first
     */
    public record Producer(
            boolean live,
            @Nullable Long seenMs,
            long published,
            @Nullable Long admissible,
            @Nullable Long lastPublishedMs) {}

    /**
     * @param lane urgent, evaluation or training
     * @param queued tasks that no worker has taken
     * @param oldestMs when the oldest of them was published; null where there is none
     */
    public record LaneRow(
            String lane, long queued, @Nullable Long oldestMs) {}

    /**
     * Training groups, each in one of these.
     *
     * @param queued in both lanes
     * @param inFlight taken and not finished
     * @param again failed, lost or given back: the producer issues them again
     * @param finished results that wait for a step
     * @param leased of the steps that the trainer has
     * @param oldestQueuedMs when the oldest was published; null where there is none, as in the next two
     * @param oldestInFlightMs when the oldest was taken
     * @param oldestFinishedMs when the oldest result that waits was published
     */
    public record Groups(
            long queued,
            long inFlight,
            long again,
            long finished,
            long leased,
            long trained,
            long discarded,
            long abandoned,
            @Nullable Long oldestQueuedMs,
            @Nullable Long oldestInFlightMs,
            @Nullable Long oldestFinishedMs) {}

    /**
     * @param known incarnations that are followed; {@link #shown} are the first of them, live ones before the others
     * @param slots of live ones, like all that follows
     */
    public record Workers(
            int live,
            int known,
            long slots,
            long slotsInUse,
            double samplesPerSecond,
            double tokensPerSecond,
            List<Worker> shown) {
        public Workers {
            shown = List.copyOf(shown);
        }
    }

    /** How a worker stands. */
    public enum WorkerState {
        RUNNING,
        DRAINING,
        STOPPED,
        /** Nothing was heard of it for the run's worker timeout. */
        LOST
    }

    /**
     * @param seenMs of its newest status
     * @param samplesPerSecond over its last statuses
     * @param groups that it holds, evaluations too
     * @param oldest the longest held of them, at most {@link RunFold#HELD_SHOWN_MAX}
     */
    public record Worker(
            String id,
            String incarnation,
            WorkerState state,
            long seenMs,
            int slots,
            int slotsInUse,
            long groupsFinished,
            long groupsFailed,
            long samplesFinished,
            long responseTokens,
            double samplesPerSecond,
            double tokensPerSecond,
            int groups,
            List<Held> oldest,
            List<EngineUse> engines) {
        public Worker {
            oldest = List.copyOf(oldest);
            engines = List.copyOf(engines);
        }
    }

    /** An engine as one worker sees it. */
    public record EngineUse(
            String address,
            boolean healthy,
            int inFlight,
            @Nullable String weightVersion) {}

    /**
     * A group at a worker.
     *
     * @param sinceMs when it was taken
     * @param samples of the group; 0 where its task is not known
     * @param issueVersion the newest weights when it was issued; null where its task is not known
     */
    public record Held(
            GroupKind kind,
            GroupIndex group,
            Attempt attempt,
            String worker,
            long sinceMs,
            int samplesDone,
            int samples,
            @Nullable WeightVersion issueVersion) {}

    /**
     * An engine, by its address.
     *
     * @param workers live ones that send to it
     * @param well how many of them find it well
     * @param inFlight requests of all of them
     * @param weightVersion the engine's word, where it tells
     */
    public record Engine(
            String address,
            int workers,
            int well,
            long inFlight,
            @Nullable String weightVersion) {}

    /**
     * What chooses the next step.
     *
     * @param lineage null, like version and state, before the trainer consumer first started
     * @param finished results that wait
     * @param wanted groups of one step; null before the run record
     */
    public record Gate(
            @Nullable Lineage lineage,
            @Nullable WeightVersion weightVersion,
            Policy.@Nullable State state,
            @Nullable Long stateSinceMs,
            long finished,
            @Nullable Integer wanted,
            String waitingFor,
            @Nullable Long waitingSinceMs) {}

    /**
     * @param open steps that it has, the oldest first
     * @param lastTrained the newest acknowledged step; null before the first
     */
    public record Trainer(
            List<OpenStep> open,
            @Nullable StepNumber lastTrained,
            @Nullable Long lastTrainedMs) {
        public Trainer {
            open = List.copyOf(open);
        }
    }

    /** A step that the trainer has. */
    public record OpenStep(StepNumber step, int groups, long leasedMs) {}

    /**
     * Something that ended otherwise than by training.
     *
     * @param what discarded, abandoned, rejected, missing, skipped, failed, handed_back, lease_void or resumed
     * @param group null where it is of none
     * @param reason for people
     */
    public record End(
            long ms,
            String what,
            @Nullable GroupIndex group,
            @Nullable Attempt attempt,
            String reason) {}

    /**
     * @param count of those that were read; the reading begins a few thousand records before the end
     * @param newest the newest first
     */
    public record DeadLetters(long count, List<Letter> newest) {
        public DeadLetters {
            newest = List.copyOf(newest);
        }
    }

    /**
     * @param what a group's index, or where the record stands that is not ours
     * @param cause for people
     * @param attempts how each attempt ended, for people
     */
    public record Letter(long ms, String what, String cause, List<String> attempts) {
        public Letter {
            attempts = List.copyOf(attempts);
        }
    }

    /**
     * @param state requested, loading, running, reported, failed or cancelled
     * @param groups issued, of all data sets; 0 before
     * @param done of these, by their receipts
     * @param endedMs null while it is under way
     * @param cause why it failed; null otherwise
     */
    public record Evaluation(
            String id,
            String state,
            WeightVersion weightVersion,
            long requestedMs,
            long groups,
            long done,
            @Nullable Long endedMs,
            @Nullable String cause,
            List<EvalRecord.DataSetReport> dataSets) {
        public Evaluation {
            dataSets = List.copyOf(dataSets);
        }
    }

    /**
     * @param state leased, trained or void
     * @param trainedMs null before
     * @param newWeightVersion that it led to; null where it led to none
     * @param figures null of a step of a trainer consumer that did not write them, where its receipts are not known either
     * @param staleness groups by staleness at the hand-over, weight versions
     */
    public record Step(
            Lineage lineage,
            StepNumber step,
            String state,
            WeightVersion weightVersion,
            long leasedMs,
            @Nullable Long trainedMs,
            @Nullable WeightVersion newWeightVersion,
            int groups,
            @Nullable Figures figures,
            Map<Long, Long> staleness) {
        public Step {
            staleness = Map.copyOf(staleness);
        }
    }

    /** A group of a step. */
    public record Member(GroupIndex group, Attempt attempt, WeightVersion oldestVersion) {}

    /**
     * What a step's samples come to.
     *
     * @param responseTokens mean of a sample
     * @param stalenessInFlight mean of a group, weight versions from its oldest token to its newest; null where not known
     * @param stalenessInQueue from there to the hand-over; null where not known
     */
    public record Figures(
            double rewardMean,
            double rewardStd,
            double responseTokens,
            @Nullable Double stalenessInFlight,
            @Nullable Double stalenessInQueue) {}

    /**
     * @param who producer, lane, worker, engine, gate or trainer, with its name
     * @param whatFor for people
     */
    public record Wait(String who, String whatFor, long sinceMs) {}
}
