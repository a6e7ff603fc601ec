package io.millrace.sandbox.chaos;

import io.millrace.common.json.Json;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.oracle.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Runs {@code millrace audit} and compares its account with the oracle's: neither knows the other. */
final class AuditCheck {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int LAST_LINES = 6;

    private AuditCheck() {}

    /** The audit of a run, as its process said it. */
    record Outcome(int exitCode, JsonNode json) {}

    /** @param log where the process's output goes */
    static Outcome run(ChildSpec spec, Path log) throws IOException, InterruptedException {
        Child audit = Child.start(spec, log);
        try {
            if (!audit.awaitEnd(LIMIT)) {
                throw new IOException("the audit did not end within " + LIMIT.toSeconds() + " s");
            }
            for (String line : Files.readAllLines(log)) {
                // Its log stands in the same file.
                if (line.startsWith("{")) {
                    return new Outcome(audit.exitCode(), Json.MAPPER.readTree(line));
                }
            }
            throw new IOException("the audit gave no account: " + audit.lastWords(LAST_LINES));
        } catch (JacksonException e) {
            throw new IOException("the audit's account cannot be read: " + e.getOriginalMessage(), e);
        } finally {
            audit.kill();
        }
    }

    /** What the audit found, and where it disagrees with the oracle; empty when it is clean and agrees. */
    static List<String> problems(Outcome audit, Verdict verdict) {
        List<String> problems = new ArrayList<>();
        if (audit.exitCode() != 0) {
            problems.add("the audit ended with exit code " + audit.exitCode());
        }
        audit.json().path("findings").forEach(finding -> problems.add("the audit found " + finding));
        Map<String, Long> expected = new LinkedHashMap<>();
        expected.put("admitted", verdict.admitted());
        expected.put("trained", verdict.trained());
        expected.put("discarded", verdict.discardedTotal());
        expected.put("abandoned", verdict.abandoned());
        expected.put("finished", verdict.forgotten());
        expected.put("lost", verdict.lost());
        expected.forEach((name, count) -> {
            if (audit.json().path(name).asLong(-1) != count) {
                problems.add("the audit counts " + audit.json().path(name) + " " + name + ", the oracle " + count);
            }
        });
        return problems;
    }
}
