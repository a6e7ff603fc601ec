package io.millrace.sandbox.chaos;

import io.millrace.common.id.RunId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Settings for the tests of chaos runs. */
final class TestChaos {
    long seed = 1;
    int faults = 30;
    int faultsPerRoleMin;
    int brokers = 1;
    double overlapShare = 0.2;
    List<String> roles = List.of();
    List<String> kinds = List.of();

    ChaosSettings settings() {
        return new ChaosSettings(
                seed,
                faults,
                faultsPerRoleMin,
                roles,
                kinds,
                Duration.ofSeconds(1),
                overlapShare,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                brokers,
                3,
                2,
                16,
                8,
                4,
                2,
                Duration.ofSeconds(1),
                3000,
                0.03,
                5,
                Duration.ofMillis(500),
                19_000,
                new RunId("chaos"),
                Path.of("data.jsonl"),
                Path.of("chaos"),
                null,
                null);
    }
}
