package io.millrace.ops.lag;

import io.millrace.common.id.RunId;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.WorkersRecord;
import io.millrace.ops.cluster.WorkerStatuses;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How far each stage of a run is behind, at one moment. The topics are read one after the other while the run goes on,
 * so figures may be off by what moved meanwhile.
 *
 * @param published groups the producer has published so far
 * @param evaluation the lane of evaluations, in no sum
 * @param totals groups settled so far
 * @param workers the live ones
 * @param inFlight groups they hold, each once
 * @param lease the newest lease, null before the first
 * @param acknowledgement the newest, null before the first
 * @param policy the newest, null before the trainer consumer first started
 * @param flow how fast it goes
 * @param nowMs the broker's time of the newest record that was read; no other clock counts
 */
record Lag(
        RunId run,
        Queue prompts,
        Queue urgent,
        Queue evaluation,
        long published,
        StepRecord.Totals totals,
        List<WorkerStatuses.Seen> workers,
        long inFlight,
        @Nullable Appended<StepRecord.Lease> lease,
        @Nullable Appended<StepRecord.Acknowledgement> acknowledgement,
        @Nullable Appended<Policy> policy,
        Flow flow,
        long nowMs) {
    Lag {
        workers = List.copyOf(workers);
    }

    /**
     * A record as it stands on its topic.
     *
     * @param ms the broker's time when it was appended; its writer's clock may be off
     */
    record Appended<T>(T record, long ms) {}

    /**
     * A prompts lane.
     *
     * @param brokerLag what the broker counts as not yet delivered, transaction markers included; empty until the first
     *     acknowledgement reached it
     * @param records committed tasks at or after the start offset of its share group, or in the whole topic while there
     *     is none, but for those that a live worker says it holds
     * @param oldestMs when the oldest that waits came to stand there; null for none
     */
    record Queue(
            String topic,
            Optional<Long> brokerLag,
            long records,
            @Nullable Long oldestMs) {
        /**
         * Tasks that no worker has taken. The broker's lag counts transaction markers, the records count those already
         * taken behind a gap; neither is ever too low, so the lower one is nearer.
         */
        long queued() {
            return Math.min(records, brokerLag.orElse(records));
        }
    }

    /** Tasks of training that no worker has taken. */
    long queued() {
        return prompts.queued() + urgent.queued();
    }

    /** Groups finished but not settled: in {@code results}, waiting for a step or for its acknowledgement. */
    long resultsWaiting() {
        return Math.max(0, published - totals.settled() - queued() - inFlight);
    }

    /** Groups of evaluations that live workers hold. */
    long evaluationsInFlight() {
        return workers.stream()
                .mapToLong(seen -> seen.status().held(GroupKind.EVALUATION).size())
                .sum();
    }

    /** For how long the oldest task of a lane has waited; null for none. */
    @Nullable
    Long oldestMs(Queue lane) {
        return lane.oldestMs() == null ? null : Math.max(0, nowMs - lane.oldestMs());
    }

    /**
     * For how long a worker has held its oldest group of training: by its own clock up to its status, by the broker's
     * since then; null where it holds none.
     */
    @Nullable
    Long oldestGroupMs(WorkerStatuses.Seen worker) {
        OptionalLong claimedMs = worker.status().held(GroupKind.TRAINING).stream()
                .mapToLong(WorkersRecord.HeldGroup::claimedAtMs)
                .min();
        return claimedMs.isEmpty()
                ? null
                : Math.max(0, worker.status().sentAtMs() - claimedMs.getAsLong())
                        + Math.max(0, nowMs - worker.timestampMs());
    }

    /** Groups of training that have no result yet. */
    long unfinished() {
        return queued() + inFlight;
    }

    /** When they will have one at the present pace, milliseconds; null where nothing moves, or too little is known. */
    @Nullable
    Long drainMs() {
        Double pace = flow.generatedPerSecond();
        if (unfinished() == 0) {
            return 0L;
        }
        return pace == null || pace <= 0 ? null : Math.round(unfinished() * 1_000 / pace);
    }

    /** For how long the trainer has had no step; null while it has one, and before its first. */
    @Nullable
    Long trainerWaitsMs() {
        return lease == null || acknowledgement == null || after(lease.record(), acknowledgement.record())
                ? null
                : Math.max(0, nowMs - acknowledgement.ms());
    }

    /** Samples the live workers may have in flight. */
    long slots() {
        return workers.stream().mapToLong(seen -> seen.status().slots()).sum();
    }

    long slotsInUse() {
        return workers.stream().mapToLong(seen -> seen.status().slotsInUse()).sum();
    }

    /** What the trainer is doing, as its records tell. */
    String trainer() {
        if (lease == null) {
            return "has had no step yet";
        }
        if (acknowledgement != null && !after(lease.record(), acknowledgement.record())) {
            return "waits for a batch; step " + acknowledgement.record().step() + " acknowledged "
                    + seconds(nowMs - acknowledgement.ms()) + " ago";
        }
        return "trains step " + lease.record().step() + " ("
                + lease.record().groups().size() + " groups) since " + seconds(nowMs - lease.ms());
    }

    private static boolean after(StepRecord.Lease lease, StepRecord.Acknowledgement acknowledgement) {
        int lineages = lease.lineage().compareTo(acknowledgement.lineage());
        return lineages > 0 || (lineages == 0 && lease.step().compareTo(acknowledgement.step()) > 0);
    }

    static String seconds(long millis) {
        return String.format(java.util.Locale.ROOT, "%.1f s", Math.max(0, millis) / 1000.0);
    }
}
