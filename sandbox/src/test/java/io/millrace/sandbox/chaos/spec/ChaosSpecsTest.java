package io.millrace.sandbox.chaos.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sandbox.cluster.DataFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a chaos run says of Millrace holds for its users only while its processes are set as theirs are. */
class ChaosSpecsTest {
    /** Of the run's size, its ports and folders; and what makes more of its faults be seen. */
    private static final Set<String> OWN = Set.of(
            "--run",
            "--bootstrap",
            "--replication-factor",
            "--record-size-max",
            "--dataset",
            "--batch-groups",
            "--samples-per-group",
            "--pipeline-depth",
            "--reward-type",
            "--groups-max",
            "--ops-port",
            "--engine-url",
            "--slots",
            "--stop-mode",
            "--drain-timeout",
            "--worker-id",
            "--filter",
            "--eval-interval",
            "--eval-dataset",
            "--eval-samples",
            "--trainer-port");

    @TempDir
    Path folder;

    private List<String> arguments(Role role) {
        return new ChaosSpecs(new TestChaos().settings(), DataFolder.prepare(folder, "chaos", false))
                .of(role, 0, 0)
                .arguments();
    }

    private String value(Role role, String flag) {
        List<String> arguments = arguments(role);
        assertTrue(arguments.contains(flag), () -> role.word() + " has no " + flag + ": " + arguments);
        return arguments.get(arguments.indexOf(flag) + 1);
    }

    @Test
    void limitsAndBoundsAreThoseThatUsersHave() {
        for (Role role : List.of(Role.PRODUCER, Role.WORKER, Role.TRAINER)) {
            Set<String> flags = new TreeSet<>(arguments(role));
            flags.removeIf(argument -> !argument.startsWith("--") || OWN.contains(argument));
            assertEquals(Set.of(), flags, role.word());
        }
    }

    @Test
    void filtersPartsEvaluationsAndUpdatesAreInTheRun() {
        assertEquals("zero-std", value(Role.TRAINER, "--filter"));
        assertEquals("64KiB", value(Role.WORKER, "--record-size-max"));
        assertEquals("5", value(Role.TRAINER, "--eval-interval"));
        assertEquals("true", value(Role.SIMULATED_TRAINER, "--pause-on-update"));
    }
}
