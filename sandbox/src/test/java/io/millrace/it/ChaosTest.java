package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The short form of {@code scripts/chaos}: a real run, its processes and links broken, judged from outside. The seed is one
 * whose faults have every kind among them but for some of the links'.
 */
class ChaosTest {
    private static final int FAULTS = 18;
    private static final Duration LIMIT = Duration.ofMinutes(15);

    @TempDir
    Path folder;

    @Test
    void nothingIsLostAndNothingTrainedTwiceWhateverDies() throws Exception {
        JsonNode report = ChaosProcess.run(
                folder,
                LIMIT,
                "--seed",
                "3601",
                "--faults",
                "" + FAULTS,
                "--faults-per-role-min",
                "3",
                "--pause-max",
                "500ms",
                "--overlap-share",
                "0.3");
        ChaosProcess.assertGood(report, FAULTS);
        Set<String> roles = new TreeSet<>();
        Set<String> kinds = new TreeSet<>();
        report.path("recoveries").forEach(recovery -> {
            roles.add(recovery.path("role").stringValue());
            kinds.add(recovery.path("kind").stringValue());
        });
        assertEquals(Set.of("broker", "engine", "producer", "worker", "trainer", "simulated-trainer"), roles);
        // Without the rights to mount a file system, none is filled.
        report.path("not_run").forEach(words -> kinds.add("full-disk"));
        assertTrue(
                kinds.containsAll(Set.of(
                        "kill",
                        "freeze",
                        "terminate",
                        "clock",
                        "log-tail",
                        "full-disk",
                        "hostile",
                        "stalled-reader",
                        "resume",
                        "zombie",
                        "version-restart")),
                kinds::toString);
        assertTrue(report.path("verdict").path("trained").longValue() > 0);
    }
}
