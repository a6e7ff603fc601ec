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
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@link Lag} for programs, as JSON, and for people, as lines. Pure.
 *
 * @param atMs the broker's time of the newest record; no other clock counts
 * @param queued groups of training that no worker has taken, but for those on the urgent lane
 * @param inFlight groups of training that live workers hold, each once
 * @param trainer what it does, in words
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
        long trained,
        long discarded,
        long abandoned,
        long slots,
        long slotsInUse,
        List<Worker> workers,
        String trainer,
        @Nullable Lineage lineage,
        @Nullable WeightVersion weightVersion,
        Policy.@Nullable State weights) {

    /** A live one, at its last status. */
    record Worker(
            String workerId,
            String incarnation,
            WorkersRecord.State state,
            int slots,
            int slotsInUse,
            int groups,
            long groupsFinished,
            long groupsFailed,
            long seenMsAgo) {
        static Worker of(WorkerStatuses.Seen seen, long nowMs) {
            WorkersRecord.Status status = seen.status();
            return new Worker(
                    status.worker().workerId(),
                    status.worker().incarnation(),
                    status.state(),
                    status.slots(),
                    status.slotsInUse(),
                    status.held(GroupKind.TRAINING).size(),
                    status.groupsFinished(),
                    status.groupsFailed(),
                    nowMs - seen.timestampMs());
        }
    }

    static LagView of(Lag lag) {
        Policy policy = lag.policy() == null ? null : lag.policy().record();
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
                lag.totals().trained(),
                lag.totals().discarded(),
                lag.totals().abandoned(),
                lag.slots(),
                lag.slotsInUse(),
                lag.workers().stream().map(seen -> Worker.of(seen, lag.nowMs())).toList(),
                lag.trainer(),
                policy == null ? null : policy.lineage(),
                policy == null ? null : policy.weightVersion(),
                policy == null ? null : policy.state());
    }

    static List<String> lines(Lag lag) {
        List<String> lines = new ArrayList<>();
        lines.add("run " + lag.run() + ": " + lag.published() + " groups published, "
                + lag.totals().trained() + " trained, " + lag.totals().discarded() + " discarded, "
                + lag.totals().abandoned() + " abandoned");
        // Of a run in which nobody writes any more every age stands still.
        lines.add("as of " + Instant.ofEpochMilli(lag.nowMs()).truncatedTo(ChronoUnit.SECONDS)
                + ", when the newest record came; ages are up to then");
        lines.add("");
        TextTable stages = new TextTable("stage", "groups", "what");
        stages.row("queued", lag.prompts().queued(), lag.prompts().topic() + ", not yet taken by a worker");
        stages.row("queued, urgent", lag.urgent().queued(), lag.urgent().topic() + ", retries and continuations");
        stages.row(
                "evaluations",
                lag.evaluation().queued() + lag.evaluationsInFlight(),
                lag.evaluation().topic() + ", " + lag.evaluation().queued() + " of them not yet taken");
        stages.row("in flight", lag.inFlight(), "held by " + lag.workers().size() + " live workers");
        stages.row("results waiting", lag.resultsWaiting(), "finished, not settled: for a step or its acknowledgement");
        lines.addAll(stages.lines());
        lines.add("");
        TextTable workers = new TextTable("worker", "state", "slots in use", "groups", "finished", "failed", "seen");
        for (Worker worker : of(lag).workers()) {
            workers.row(
                    worker.workerId(),
                    worker.state().name().toLowerCase(Locale.ROOT),
                    worker.slotsInUse() + "/" + worker.slots(),
                    worker.groups(),
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
        lines.add("trainer " + lag.trainer());
        lines.add("weights " + weights(lag));
        return lines;
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
