package io.millrace.sandbox.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.sandbox.oracle.Verdict;
import io.millrace.sandbox.oracle.account.Finding;
import io.millrace.sandbox.trainer.WholeFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ChaosReportTest {
    @TempDir
    Path folder;

    private static Verdict verdict(Finding... findings) {
        return Verdicts.of(17, 16, Map.of("filtered:zero-std", 1L), 0, 0, List.of(findings));
    }

    private static ChaosReport report(@Nullable Long secondRecovery, List<String> problems, @Nullable Verdict verdict) {
        return report(secondRecovery, List.of(), problems, verdict);
    }

    private static ChaosReport report(
            @Nullable Long secondRecovery,
            List<String> withoutEffect,
            List<String> problems,
            @Nullable Verdict verdict) {
        return new ChaosReport(
                7,
                3,
                12.3,
                List.of(
                        new ChaosReport.Recovery(1, "kill", "worker", 1, 5, 0, 1_000L),
                        new ChaosReport.Recovery(2, "kill", "broker", 1, 5, 0, secondRecovery),
                        new ChaosReport.Recovery(3, "freeze", "worker", 2, 5, 700, 3_000L)),
                2,
                0,
                List.of(),
                List.of(),
                List.of(),
                withoutEffect,
                problems,
                verdict,
                verdict == null ? -1 : 0);
    }

    @Test
    void aRunIsGoodWhenEveryFaultWasRecoveredFromAndNothingWasFound() {
        assertTrue(report(2_000L, List.of(), verdict()).good());
        assertFalse(report(null, List.of(), verdict()).good());
        assertFalse(report(2_000L, List.of("not drained"), verdict()).good());
        assertFalse(report(2_000L, List.of(), null).good());
        assertFalse(report(2_000L, List.of(), verdict(new Finding(Finding.Kind.LOST, "group 3")))
                .good());
    }

    @Test
    void theTablesHaveCountsMedianAndWorstByRoleAndKind() {
        List<String> lines = report(null, List.of(), verdict()).markdown();
        assertTrue(lines.contains("| worker | 2 | 2 | 3.0 | 3.0 |"), lines.toString());
        assertTrue(lines.contains("| broker | 1 | 0 | - | - |"), lines.toString());
        assertTrue(lines.contains("| kill | 2 | 1 | 1.0 | 1.0 |"), lines.toString());
        assertTrue(lines.contains("| discarded: filtered:zero-std | 1 |"), lines.toString());
        assertTrue(lines.contains("| rejected | 0 |"), lines.toString());
        assertTrue(lines.contains("| results of groups that had one (dropped) | 4 (20.0 %) |"), lines.toString());
    }

    @Test
    void faultsWithoutEffectAreNamedAndAreNotAmongThoseCounted() {
        ChaosReport report = report(2_000L, List.of("fault 2, log-tail of broker 1: nothing"), List.of(), verdict());
        assertTrue(report.good());
        List<String> lines = report.markdown();
        assertTrue(lines.getFirst().startsWith("Seed 7: 3 of 3 faults"), lines.toString());
        assertTrue(
                lines.contains("1 time a fault had no effect; each was done again and is counted once."),
                lines.toString());
        assertEquals(1, Json.MAPPER.valueToTree(report).path("without_effect").size());
    }

    @Test
    void theFilesHaveTheSame() throws Exception {
        ChaosReport report = report(2_000L, List.of(), verdict());
        WholeFile.writeJson(folder.resolve("a/report.json"), report);
        WholeFile.writeLines(folder.resolve("a/report.md"), report.markdown());
        JsonNode json = Json.MAPPER.readTree(Files.readAllBytes(folder.resolve("a/report.json")));
        assertEquals(3, json.path("recoveries").size());
        assertEquals(16, json.path("verdict").path("trained").intValue());
        assertEquals(report.markdown(), Files.readAllLines(folder.resolve("a/report.md")));
    }
}
