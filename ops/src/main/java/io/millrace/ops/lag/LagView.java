package io.millrace.ops.lag;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.WorkersRecord;
import io.millrace.ops.cluster.WorkerStatuses;
import io.millrace.ops.text.TextTable;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link Lag} for programs, as JSON, and for people, as lines. Pure.
 *
 * @param atMs the broker's time of the newest record; no other clock counts
 * @param queued groups of training that no worker has taken, but for those on the urgent lane
 * @param inFlight groups of training that live workers hold, each once
 * @param unfinished groups of training that have no result yet
 * @param oldestQueuedMs for how long the oldest task of its lane has waited; null, like the other ages, for none
 * @param oldestInFlightMs for how long a worker has held the group that is held longest
 * @param generatedPerSecond groups over the last minute; null where too little is known
 * @param trainedPerSecond groups over the last five minutes; null where too little is known
 * @param drainMs until all that is unfinished is generated, at that pace; null where that is not known
 * @param trainer what it does, in words
 * @param trainerWaitsMs null while it has a step, and before its first
 * @param workersWanted by the producer's word; null where it has not said
 * @param lineage null, like what follows, before the trainer consumer first started
 */
record LagView(
        RunId run,
        long atMs,
        long published,
        long queued,
        long queuedUrgent,
        long inFlight,
        long queuedEvaluation,
        long inFlightEvaluation,
        long resultsWaiting,
        long unfinished,
        long trained,
        long discarded,
        long abandoned,
        @Nullable Long oldestQueuedMs,
        @Nullable Long oldestQueuedUrgentMs,
        @Nullable Long oldestInFlightMs,
        @Nullable Long oldestFinishedMs,
        @Nullable Double generatedPerSecond,
        @Nullable Double trainedPerSecond,
        @Nullable Long drainMs,
        long slots,
        long slotsInUse,
        List<Worker> workers,
        @Nullable Integer workersWanted,
        @Nullable String workersWantedWhy,
        String trainer,
        @Nullable Long trainerWaitsMs,
        @Nullable Lineage lineage,
        @Nullable WeightVersion weightVersion,
        Policy.@Nullable State weights) {

    /**
     * A live one, at its last status.
     *
     * @param oldestGroupMs for how long it has held its oldest group; null where it holds none
     */
    record Worker(
            String workerId,
            String incarnation,
            WorkersRecord.State state,
            int slots,
            int slotsInUse,
            int groups,
            @Nullable Long oldestGroupMs,
            long groupsFinished,
            long groupsFailed,
            long seenMsAgo) {
        static Worker of(WorkerStatuses.Seen seen, Lag lag) {
            WorkersRecord.Status status = seen.status();
            return new Worker(
                    status.worker().workerId(),
                    status.worker().incarnation(),
                    status.state(),
                    status.slots(),
                    status.slotsInUse(),
                    status.held(GroupKind.TRAINING).size(),
                    lag.oldestGroupMs(seen),
                    status.groupsFinished(),
                    status.groupsFailed(),
                    lag.nowMs() - seen.timestampMs());
        }
    }

    static LagView of(Lag lag) {
        Policy policy = lag.policy() == null ? null : lag.policy().record();
        WorkersRecord.Wanted wanted = lag.flow().workersWanted();
        List<Worker> workers =
                lag.workers().stream().map(seen -> Worker.of(seen, lag)).toList();
        return new LagView(
                lag.run(),
                lag.nowMs(),
                lag.published(),
                lag.prompts().queued(),
                lag.urgent().queued(),
                lag.inFlight(),
                lag.evaluation().queued(),
                lag.evaluationsInFlight(),
                lag.resultsWaiting(),
                lag.unfinished(),
                lag.totals().trained(),
                lag.totals().discarded(),
                lag.totals().abandoned(),
                lag.oldestMs(lag.prompts()),
                lag.oldestMs(lag.urgent()),
                oldest(workers),
                lag.flow().oldestFinishedMs(),
                rounded(lag.flow().generatedPerSecond()),
                rounded(lag.flow().trainedPerSecond()),
                lag.drainMs(),
                lag.slots(),
                lag.slotsInUse(),
                workers,
                wanted == null ? null : wanted.workers(),
                wanted == null ? null : wanted.why(),
                lag.trainer(),
                lag.trainerWaitsMs(),
                policy == null ? null : policy.lineage(),
                policy == null ? null : policy.weightVersion(),
                policy == null ? null : policy.state());
    }

    @Nullable
    private static Long oldest(List<Worker> workers) {
        return workers.stream()
                .map(Worker::oldestGroupMs)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    @Nullable
    private static Double rounded(@Nullable Double perSecond) {
        return perSecond == null ? null : Math.round(perSecond * 1_000) / 1_000.0;
    }

    private static String age(@Nullable Long ms) {
        return ms == null ? "-" : Lag.seconds(ms);
    }

    private static String pace(@Nullable Double perSecond) {
        return perSecond == null ? "an unknown number of" : String.format(Locale.ROOT, "%.2f", perSecond);
    }

    static List<String> lines(Lag lag) {
        LagView view = of(lag);
        List<String> lines = new ArrayList<>();
        lines.add("run " + lag.run() + ": " + lag.published() + " groups published, "
                + lag.totals().trained() + " trained, " + lag.totals().discarded() + " discarded, "
                + lag.totals().abandoned() + " abandoned");
        // Of a run in which nobody writes any more every age stands still.
        lines.add("as of " + Instant.ofEpochMilli(lag.nowMs()).truncatedTo(ChronoUnit.SECONDS)
                + ", when the newest record came; ages are up to then");
        lines.add("");
        TextTable stages = new TextTable("stage", "groups", "oldest", "what");
        stages.row(
                "queued",
                lag.prompts().queued(),
                age(view.oldestQueuedMs()),
                lag.prompts().topic() + ", not yet taken by a worker");
        stages.row(
                "queued, urgent",
                lag.urgent().queued(),
                age(view.oldestQueuedUrgentMs()),
                lag.urgent().topic() + ", retries and continuations");
        stages.row(
                "evaluations",
                lag.evaluation().queued() + lag.evaluationsInFlight(),
                age(lag.oldestMs(lag.evaluation())),
                lag.evaluation().topic() + ", " + lag.evaluation().queued() + " of them not yet taken");
        stages.row(
                "in flight",
                lag.inFlight(),
                age(view.oldestInFlightMs()),
                "held by " + lag.workers().size() + " live workers");
        stages.row(
                "results waiting",
                lag.resultsWaiting(),
                age(view.oldestFinishedMs()),
                "finished, not settled: for a step or its acknowledgement");
        lines.addAll(stages.lines());
        lines.add("");
        TextTable workers =
                new TextTable("worker", "state", "slots in use", "groups", "oldest", "finished", "failed", "seen");
        for (Worker worker : view.workers()) {
            workers.row(
                    worker.workerId(),
                    worker.state().name().toLowerCase(Locale.ROOT),
                    worker.slotsInUse() + "/" + worker.slots(),
                    worker.groups(),
                    age(worker.oldestGroupMs()),
                    worker.groupsFinished(),
                    worker.groupsFailed(),
                    Lag.seconds(worker.seenMsAgo()) + " ago");
        }
        if (lag.workers().isEmpty()) {
            lines.add("no live worker");
        } else {
            lines.addAll(workers.lines());
        }
        lines.add("");
        lines.add(pace(view.generatedPerSecond()) + " groups generated a second, " + pace(view.trainedPerSecond())
                + " trained; " + drain(view));
        if (view.workersWanted() != null) {
            lines.add("workers wanted " + view.workersWanted() + ": " + view.workersWantedWhy());
        }
        lines.add("trainer " + lag.trainer());
        lines.add("weights " + weights(lag));
        return lines;
    }

    private static String drain(LagView view) {
        if (view.unfinished() == 0) {
            return "nothing is left to generate";
        }
        return view.unfinished() + " left to generate"
                + (view.drainMs() == null ? "" : ", which takes " + Lag.seconds(view.drainMs()) + " at that pace");
    }

    private static String weights(Lag lag) {
        Lag.Appended<Policy> announced = lag.policy();
        if (announced == null) {
            return "not announced yet";
        }
        Policy policy = announced.record();
        return "version " + policy.weightVersion() + " of lineage " + policy.lineage() + ", "
                + policy.state().word() + " for at least "
                // A trainer consumer that starts writes it again.
                + Lag.seconds(lag.nowMs() - announced.ms());
    }
}
