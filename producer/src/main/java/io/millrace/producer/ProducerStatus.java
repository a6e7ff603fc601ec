package io.millrace.producer;

import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.producer.ledger.LedgerCounts;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the producer is doing, as {@code /status} and the metrics show it.
 *
 * @param nextIndex the next group's index, and how many the run has published
 * @param admissionLimit how many may have been published in all by now
 * @param waitingFor null while publishing
 * @param waitingSinceMs wall clock when that wait began, 0 while publishing
 */
record ProducerStatus(
        RunId run,
        DataSetInfo dataSet,
        long nextIndex,
        LedgerCounts counts,
        StepRecord.Totals totals,
        long admissionLimit,
        @Nullable String waitingFor,
        long waitingSinceMs,
        boolean exhausted,
        Policy policy) {
    /** What does not change while the process lives. */
    record DataSetInfo(String path, long rows, long badRows, String fingerprint, long seed) {}

    ObjectNode toJson() {
        ObjectNode json = Json.object();
        json.put("run", run.value());
        json.put("published", nextIndex);
        json.put("next_index", nextIndex);
        json.put("queued", counts.queued());
        json.put("in_flight", counts.inFlight());
        json.put("finished", counts.finished());
        json.put("failed", counts.failed());
        json.put("settled", totals.settled());
        json.put("trained", totals.trained());
        json.put("discarded", totals.discarded());
        json.put("abandoned", totals.abandoned());
        json.put("settled_low_water_mark", counts.lowWaterMark());
        if (Double.isFinite(counts.rewardMean())) {
            json.put("reward_mean", counts.rewardMean());
        }
        json.put("admission_limit", admissionLimit);
        json.put("waiting_for", waitingFor);
        json.put("waiting_since_ms", waitingSinceMs);
        json.put("exhausted", exhausted);
        json.set("dataset", Json.MAPPER.valueToTree(dataSet));
        ObjectNode newest = json.putObject("policy");
        newest.put("lineage", policy.lineage().value());
        newest.put("weight_version", policy.weightVersion().value());
        newest.put("trained_groups", policy.trainedGroups());
        newest.put("state", policy.state().name().toLowerCase(Locale.ROOT));
        return json;
    }
}
