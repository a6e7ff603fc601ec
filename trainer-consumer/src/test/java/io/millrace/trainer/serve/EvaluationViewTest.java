package io.millrace.trainer.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.EvalRecord;
import io.millrace.trainer.evaluate.score.Evaluation;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class EvaluationViewTest {
    private static WeightVersion version(long number) {
        return new WeightVersion(number);
    }

    /** The trainer calls version 109 its 9. */
    @Test
    void versionsAreInTheTrainersWords() {
        Lineage lineage = new Lineage(2);
        EvalRecord.EvalDataSet dataSet =
                new EvalRecord.EvalDataSet("a", "a.jsonl", 1, 1.0, null, null, null, null, null);
        EvalRecord.Request request =
                new EvalRecord.Request("mine", lineage, version(109), 100, List.of(dataSet), 0, 1_000);
        EvalRecord.DataSetReport figures = new EvalRecord.DataSetReport(
                "a", 1, 1, 0, 0, 1, 1.0, Map.of(1, 1.0), 0.0, 4.0, 4, version(99), version(111), List.of());
        EvalRecord.Report report =
                new EvalRecord.Report("mine", lineage, version(110), true, 0, 5, List.of(figures), Map.of(0, 3L));
        JsonNode json = Json.MAPPER.valueToTree(EvaluationView.of(
                new EvaluationStatus(request, Evaluation.State.DONE, version(110), 1, 1, 0, null, report, null)));
        assertEquals(9, json.path("weight_version").longValue(), json::toString);
        assertEquals(100, json.path("version_offset").longValue(), json::toString);
        assertEquals(10, json.path("issued_version").longValue(), json::toString);
        assertEquals(10, json.path("report").path("weight_version").longValue(), json::toString);
        JsonNode scores = json.path("report").path("data_sets").path(0);
        assertEquals(-1, scores.path("oldest_version").longValue(), "made before the trainer began to count");
        assertEquals(11, scores.path("newest_version").longValue(), json::toString);
        assertEquals(1, scores.path("pass_at").path("1").intValue(), json::toString);
    }
}
