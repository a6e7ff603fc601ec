package io.millrace.sandbox.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.json.Json;
import io.millrace.sandbox.oracle.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AuditCheckTest {
    private static final Verdict VERDICT = Verdicts.of(20, 16, Map.of("stale", 1L), 1, 2, List.of());

    private static List<String> problems(int exitCode, String json) {
        return AuditCheck.problems(new AuditCheck.Outcome(exitCode, Json.MAPPER.readTree(json)), VERDICT);
    }

    @Test
    void equalAccountsAreGood() {
        assertEquals(
                List.of(),
                problems(
                        0,
                        "{\"admitted\":20,\"trained\":16,\"discarded\":1,\"abandoned\":1,\"finished\":2,\"lost\":0,\"findings\":[]}"));
    }

    @Test
    void eachDifferenceAndEachFindingIsNamed() {
        assertEquals(
                List.of(
                        "the audit ended with exit code 1",
                        "the audit found {\"kind\":\"lost\"}",
                        "the audit counts 15 trained, the oracle 16",
                        "the audit counts 1 lost, the oracle 0"),
                problems(
                        1,
                        "{\"admitted\":20,\"trained\":15,\"discarded\":1,\"abandoned\":1,\"finished\":2,\"lost\":1,"
                                + "\"findings\":[{\"kind\":\"lost\"}]}"));
    }
}
