package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code millrace chaos} as a user runs it, with processes, ports and a folder of its own. */
final class ChaosProcess {
    private static final Path DATASET = Path.of("data/math-problems.jsonl").toAbsolutePath();
    private static final int PORTS = 48;

    private ChaosProcess() {}

    /** Runs it to its end, which must be a good one, and returns its report. */
    static JsonNode run(Path folder, Duration limit, String... arguments) throws Exception {
        Path report = folder.resolve("report.json");
        List<String> command = new ArrayList<>(List.of("chaos"));
        command.addAll(List.of("--base-port", "" + MillraceProcess.freePorts(PORTS)));
        command.addAll(List.of("--dataset", "" + DATASET));
        command.addAll(List.of("--data-dir", "" + folder.resolve("chaos")));
        command.addAll(List.of("--report-file", "" + report));
        command.addAll(List.of(arguments));
        MillraceProcess chaos = MillraceProcess.start(folder, command.toArray(String[]::new));
        try {
            assertEquals(0, chaos.exitCode(limit), chaos::printed);
            return Json.MAPPER.readTree(Files.readAllBytes(report));
        } finally {
            chaos.end();
        }
    }

    /** Nothing lost, nothing trained twice, nothing else that the oracle or the run itself has found. */
    static void assertGood(JsonNode report, int faults) {
        JsonNode verdict = report.path("verdict");
        assertEquals(0, verdict.path("lost").longValue(), report::toPrettyString);
        assertEquals(0, verdict.path("trained_twice").longValue(), report::toPrettyString);
        assertEquals(0, verdict.path("findings_total").longValue(), report::toPrettyString);
        assertEquals(0, report.path("problems").size(), report::toPrettyString);
        for (String none : List.of("forgotten", "stale", "future")) {
            assertEquals(0, verdict.path(none).longValue(-1), report::toPrettyString);
        }
        assertEquals(
                faults,
                report.path("recoveries").size() + report.path("not_run").size(),
                report::toPrettyString);
        long discarded = 0;
        for (JsonNode groups : verdict.path("discarded")) {
            discarded += groups.longValue();
        }
        assertEquals(
                verdict.path("admitted").longValue(),
                verdict.path("trained").longValue()
                        + discarded
                        + verdict.path("abandoned").longValue(),
                report::toPrettyString);
    }
}
