package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Three brokers, every topic on each, written with at least two: any one of them may die. */
@Tag("thorough")
class ThreeBrokersTest {
    private static final Duration LIMIT = Duration.ofMinutes(15);

    @TempDir
    Path folder;

    @Test
    void aRunGoesOnWhileEachBrokerIsKilledInTurn() throws Exception {
        JsonNode report = ChaosProcess.run(
                folder,
                LIMIT,
                "--brokers",
                "3",
                "--role",
                "broker",
                "--kind",
                "kill",
                "--faults",
                "3",
                "--overlap-share",
                "0");
        ChaosProcess.assertGood(report, 3);
        Set<Integer> killed = new TreeSet<>();
        report.path("recoveries")
                .forEach(recovery -> killed.add(recovery.path("instance").intValue()));
        assertEquals(Set.of(1, 2, 3), killed);
    }
}
