package io.millrace.producer.status;

import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.producer.ledger.LedgerCounts;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the producer is doing, as {@code /status} and the metrics show it.
 *
 * @param nextIndex the next group's index, and how many the run has published
 * @param admissionLimit how many may have been published in all by now
 * @param held groups at workers by their newest statuses: those of a generation shorter than the time between two
 *     statuses are most often finished, or not known to be taken, whenever the counts are looked at
 * @param attempts what became of attempts since the process began
 * @param caughtUp whether the ledger knows what workers say now, so that lost attempts are found
 * @param waitingFor null while publishing
 * @param waitingSinceMs wall clock when that wait began, 0 while publishing
 * @param evaluations in no way part of the other counts
 */
public record ProducerStatus(
        RunId run,
        DataSetInfo dataSet,
        long nextIndex,
        LedgerCounts counts,
        long held,
        StepRecord.Totals totals,
        long admissionLimit,
        Attempts attempts,
        boolean caughtUp,
        @Nullable String waitingFor,
        long waitingSinceMs,
        boolean exhausted,
        Policy policy,
        Evaluations evaluations) {
    /** What does not change while the process lives. */
    public record DataSetInfo(String path, long rows, long badRows, String fingerprint, long seed) {}

    /**
     * @param over by how they ended, each issued again or its group's last
     * @param reissued groups put on the urgent lane
     */
    public record Attempts(Map<AttemptHistory.Kind, Long> over, long reissued) {
        public Attempts {
            over = Map.copyOf(over);
        }

        static final Attempts NONE = new Attempts(Map.of(), 0);
    }

    /**
     * @param open evaluations asked for and not closed
     * @param counts their groups
     */
    public record Evaluations(int open, LedgerCounts counts) {}

    /** Groups at workers, by what is known best. */
    long atWorkers() {
        return Math.max(counts.inFlight(), held);
    }

    /** The same while the broker is away. */
    public ProducerStatus waiting(String whatFor, long sinceMs) {
        return new ProducerStatus(
                run,
                dataSet,
                nextIndex,
                counts,
                held,
                totals,
                admissionLimit,
                attempts,
                false,
                whatFor,
                sinceMs,
                exhausted,
                policy,
                evaluations);
    }

    public ObjectNode toJson() {
        ObjectNode json = Json.object();
        json.put("run", run.value());
        json.put("published", nextIndex);
        json.put("next_index", nextIndex);
        json.put("queued", counts.queued());
        json.put("in_flight", counts.inFlight());
        json.put("held_by_workers", held);
        json.put("finished", counts.finished());
        json.put("failed", counts.failed());
        json.put("abandoning", counts.abandoning());
        json.put("settled", totals.settled());
        json.put("trained", totals.trained());
        json.put("discarded", totals.discarded());
        json.put("abandoned", totals.abandoned());
        json.put("settled_low_water_mark", counts.lowWaterMark());
        if (Double.isFinite(counts.rewardMean())) {
            json.put("reward_mean", counts.rewardMean());
        }
        json.put("admission_limit", admissionLimit);
        json.put("caught_up", caughtUp);
        ObjectNode ended = json.putObject("attempts");
        for (AttemptHistory.Kind kind : AttemptHistory.Kind.values()) {
            ended.put(kind.name().toLowerCase(Locale.ROOT), attempts.over().getOrDefault(kind, 0L));
        }
        ended.put("reissued", attempts.reissued());
        json.put("waiting_for", waitingFor);
        json.put("waiting_since_ms", waitingSinceMs);
        json.put("exhausted", exhausted);
        json.set("dataset", Json.MAPPER.valueToTree(dataSet));
        ObjectNode newest = json.putObject("policy");
        newest.put("lineage", policy.lineage().value());
        newest.put("weight_version", policy.weightVersion().value());
        newest.put("trained_groups", policy.trainedGroups());
        newest.put("state", policy.state().word());
        ObjectNode asked = json.putObject("evaluations");
        asked.put("open", evaluations.open());
        asked.put("groups_queued", evaluations.counts().queued());
        asked.put("groups_in_flight", evaluations.counts().inFlight());
        asked.put("groups_finished", evaluations.counts().finished());
        asked.put("groups_failed", evaluations.counts().failed());
        return json;
    }
}
