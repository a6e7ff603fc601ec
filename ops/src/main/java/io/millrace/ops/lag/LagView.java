package io.millrace.ops.lag;

import io.millrace.common.json.Json;
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
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@link Lag} for people and for programs. Pure. */
final class LagView {
    private LagView() {}

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
        for (WorkerStatuses.Seen seen : lag.workers()) {
            WorkersRecord.Status status = seen.status();
            workers.row(
                    status.worker().workerId(),
                    status.state().name().toLowerCase(Locale.ROOT),
                    status.slotsInUse() + "/" + status.slots(),
                    status.held(GroupKind.TRAINING).size(),
                    status.groupsFinished(),
                    status.groupsFailed(),
                    Lag.seconds(lag.nowMs() - seen.timestampMs()) + " ago");
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

    static ObjectNode json(Lag lag) {
        ObjectNode json = Json.object();
        json.put("run", lag.run().value());
        json.put("at_ms", lag.nowMs());
        json.put("published", lag.published());
        json.put("queued", lag.prompts().queued());
        json.put("queued_urgent", lag.urgent().queued());
        json.put("in_flight", lag.inFlight());
        json.put("queued_evaluation", lag.evaluation().queued());
        json.put("in_flight_evaluation", lag.evaluationsInFlight());
        json.put("results_waiting", lag.resultsWaiting());
        json.put("trained", lag.totals().trained());
        json.put("discarded", lag.totals().discarded());
        json.put("abandoned", lag.totals().abandoned());
        json.put("slots", lag.slots());
        json.put("slots_in_use", lag.slotsInUse());
        ArrayNode workers = json.putArray("workers");
        for (WorkerStatuses.Seen seen : lag.workers()) {
            WorkersRecord.Status status = seen.status();
            ObjectNode worker = workers.addObject();
            worker.put("worker_id", status.worker().workerId());
            worker.put("incarnation", status.worker().incarnation());
            worker.put("state", status.state().name().toLowerCase(Locale.ROOT));
            worker.put("slots", status.slots());
            worker.put("slots_in_use", status.slotsInUse());
            worker.put("groups", status.held(GroupKind.TRAINING).size());
            worker.put("groups_finished", status.groupsFinished());
            worker.put("groups_failed", status.groupsFailed());
            worker.put("seen_ms_ago", lag.nowMs() - seen.timestampMs());
        }
        json.put("trainer", lag.trainer());
        Lag.Appended<Policy> policy = lag.policy();
        if (policy != null) {
            json.put("lineage", policy.record().lineage().value());
            json.put("weight_version", policy.record().weightVersion().value());
            json.put("weights", policy.record().state().word());
        }
        return json;
    }
}
