package io.millrace.sandbox.chaos;

import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.ops.audit.AuditCommand;
import io.millrace.sandbox.oracle.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Runs {@code millrace audit} on the drained run and holds its account against the oracle's. */
final class AuditCheck {
    private static final Duration GRACE = Duration.ofSeconds(15);

    private AuditCheck() {}

    /**
     * @param findings of the audit
     * @param problems what the audit found, and where it counts otherwise than the oracle
     */
    record Outcome(long findings, List<String> problems) {}

    static Outcome check(String bootstrap, RunId run, Verdict verdict) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        new AuditCommand(new PrintStream(printed, true, StandardCharsets.UTF_8))
                .run(new AuditCommand.Settings(run, true, null, GRACE, new KafkaSettings(bootstrap, Map.of())));
        JsonNode audit = Json.MAPPER.readTree(printed.toByteArray());
        List<String> problems = new ArrayList<>();
        audit.path("findings").forEach(finding -> problems.add("audit: " + finding));
        differ(problems, "admitted", audit, verdict.admitted());
        differ(problems, "trained", audit, verdict.trained());
        differ(problems, "discarded", audit, verdict.discarded());
        differ(problems, "abandoned", audit, verdict.abandoned());
        differ(problems, "finished", audit, verdict.waiting());
        differ(problems, "lost", audit, verdict.lost());
        return new Outcome(audit.path("findings_count").asLong(-1), problems);
    }

    private static void differ(List<String> problems, String figure, JsonNode audit, long oracle) {
        long counted = audit.path(figure).asLong(-1);
        if (counted != oracle) {
            problems.add("the audit counts " + counted + " groups " + figure + ", the oracle " + oracle);
        }
    }
}
