package io.millrace.common.reward.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.Tables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Tables of what slime's own functions said, made by scripts/make-math-pairs --tables. */
final class SlimeTablesTest {
    private static final int ROWS_MIN = 100;

    private static double score(NamedReward reward, String response, String label, ObjectNode metadata)
            throws RewardException {
        String text = response.replace("<nl>", "\n");
        return reward.score(new RewardRequest(new Prompt.Text("question"), text, label, metadata))
                .value();
    }

    @Test
    void deepscalerSaysWhatSlimeSays() throws IOException, RewardException {
        List<String[]> rows = Tables.rows("deepscaler", 3);
        assertTrue(rows.size() >= ROWS_MIN);
        List<String> different = new ArrayList<>();
        for (String[] row : rows) {
            if (score(new DeepscalerReward(), row[1], row[2], Json.object()) != Double.parseDouble(row[0])) {
                different.add(String.join(" | ", row));
            }
        }
        assertEquals(List.of(), different);
    }

    @Test
    void gpqaSaysWhatSlimeSays() throws IOException, RewardException {
        List<String[]> rows = Tables.rows("gpqa", 4);
        assertTrue(rows.size() >= ROWS_MIN);
        List<String> different = new ArrayList<>();
        for (String[] row : rows) {
            ObjectNode metadata = (ObjectNode) Json.MAPPER.readTree(row[3]);
            if (score(new GpqaReward(), row[1], row[2], metadata) != Double.parseDouble(row[0])) {
                different.add(String.join(" | ", row));
            }
        }
        assertEquals(List.of(), different);
    }
}
