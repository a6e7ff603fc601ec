package io.millrace.ops.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What {@code audit} prints, held by files that were written by hand. */
class AuditReportTest {
    private static final AuditReport REPORT = new AuditReport(
            new RunId("r"),
            true,
            1_000_000L,
            100,
            new StepAccount.Settled(
                    64, 3, new TreeMap<>(Map.of("stale", 2L, "filtered", 1L)), 2, 1, 17, Map.of(0L, 15L, 1L, 2L), 5),
            new AuditReport.Standing(11, 8, 2, 9, 4, 1),
            Map.of("r.receipts", 3L),
            6,
            2,
            List.of(
                    new Finding(
                            Finding.Kind.LOST,
                            77L,
                            "admitted, not settled, and neither a task nor a worker nor a result has it"),
                    new Finding(Finding.Kind.RESULT_MISSING, null, "not there")),
            List.of("receipts partition 0 offset 4: attempt 1 ended"));

    private static String golden(String name) throws IOException {
        try (InputStream file =
                Objects.requireNonNull(AuditReportTest.class.getResourceAsStream("/golden/" + name), name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void theJsonIsAsProgramsKnowIt() throws IOException {
        assertEquals(
                Json.MAPPER.readTree(golden("audit.json")),
                Json.MAPPER.readTree(Json.MAPPER.writeValueAsString(REPORT)));
    }

    @Test
    void theLinesSayTheSameToPeople() throws IOException {
        assertEquals(golden("audit.txt"), String.join("\n", REPORT.lines(77L)) + "\n");
    }

    @Test
    void whatIsUnknownIsLeftOut() {
        AuditReport empty = new AuditReport(
                new RunId("r"),
                false,
                null,
                0,
                new StepAccount.Settled(0, 0, Map.of(), 0, 0, 0, Map.of(), 0),
                new AuditReport.Standing(0, 0, 0, 0, 0, 0),
                Map.of(),
                0,
                0,
                List.of(),
                List.of());
        String json = Json.MAPPER.writeValueAsString(empty);
        assertTrue(json.contains("\"clean\":true") && json.contains("\"findings\":[]"), json);
        assertTrue(!json.contains("newest_status_ms") && !json.contains("\"group\""), json);
    }
}
