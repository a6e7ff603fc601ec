package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class ProcessRunnerTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    @TempDir
    private Path folder;

    @Test
    void aNaturalEndIsExitCode0AndStopsInReverseOrder() throws Exception {
        List<String> stopped = new ArrayList<>();
        int exitCode = ProcessRunner.run("test", LIMIT, (runner, stops) -> {
            stops.push("a", limit -> stopped.add("a"));
            stops.push("b", limit -> stopped.add("b"));
            runner.health().running("a");
            runner.requestStop();
        });
        assertEquals(0, exitCode);
        assertEquals(List.of("b", "a"), stopped);
    }

    @Test
    void aReportedFailureIsExitCode1AndTurnsHealthRed() throws Exception {
        List<String> stopped = new ArrayList<>();
        AtomicReference<Health> health = new AtomicReference<>();
        int exitCode = ProcessRunner.run("test", LIMIT, (runner, stops) -> {
            health.set(runner.health());
            stops.push("a", limit -> stopped.add("a"));
            runner.report("loop", new IllegalStateException("a bug"));
            runner.report("other", new IllegalStateException("a consequence"));
        });
        assertEquals(1, exitCode);
        assertEquals(List.of("a"), stopped);
        assertFalse(health.get().live());
        assertTrue(health.get().parts().get("loop").detail().contains("a bug"));
    }

    @Test
    void aStageThatDoesNotStopIsExitCode1() throws Exception {
        int exitCode = ProcessRunner.run("test", LIMIT, (runner, stops) -> {
            stops.push("a", limit -> {
                throw new IllegalStateException("will not stop");
            });
            runner.requestStop();
        });
        assertEquals(1, exitCode);
    }

    @ParameterizedTest
    @CsvSource({"exception", "error"})
    void aStartThatFailsStopsWhatStoodAndIsExitCode1(String kind) throws Exception {
        List<String> stopped = new ArrayList<>();
        int exitCode = ProcessRunner.run("test", LIMIT, (runner, stops) -> {
            stops.push("a", limit -> stopped.add("a"));
            if (kind.equals("error")) {
                throw new NoClassDefFoundError("a jar is missing");
            }
            throw new IllegalStateException("cannot start");
        });
        assertEquals(1, exitCode);
        assertEquals(List.of("a"), stopped);
    }

    @Test
    void anImpossibleSettingStopsWhatStoodAndIsPassedOn() {
        List<String> stopped = new ArrayList<>();
        SettingException thrown = assertThrows(
                SettingException.class,
                () -> ProcessRunner.run("test", LIMIT, (runner, stops) -> {
                    stops.push("a", limit -> stopped.add("a"));
                    throw new SettingException("--door: is locked");
                }));
        assertEquals("--door: is locked", thrown.getMessage());
        assertEquals(List.of("a"), stopped);
    }

    @ParameterizedTest
    @CsvSource({"STOPS_CLEANLY,0,true", "STAGE_FAILS,1,true", "STAGE_HANGS,1,false", "START_WAITS,0,true"})
    void afterSigtermTheExitCodeTellsWhetherItStoppedCleanly(TestingProcess.Way way, int exitCode, boolean firstStops)
            throws Exception {
        Child child = new Child(way);
        try (BufferedReader out = child.process.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("started", out.readLine(), child::errors);
            // Through the handle: the process's own destroy would close its output unread.
            assertTrue(child.process.toHandle().destroy());
            assertEquals(exitCode, child.exitCode(), child::errors);
            assertEquals(
                    firstStops ? List.of("stopped first") : List.of(),
                    out.lines().toList());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ENDS_BY_ITSELF,0",
        "LOOP_FAILS,1",
        "THREAD_DIES,1",
        "START_FAILS,1",
        "START_ERROR,1",
        "SETTING_IMPOSSIBLE,2"
    })
    void withoutASignalTheExitCodeTellsHowItEnded(TestingProcess.Way way, int exitCode) throws Exception {
        Child child = new Child(way);
        try (BufferedReader out = child.process.inputReader(StandardCharsets.UTF_8)) {
            List<String> lines = out.lines().toList();
            assertEquals(exitCode, child.exitCode(), child::errors);
            assertEquals("stopped first", lines.getLast(), child::errors);
        }
    }

    /** A JVM of its own, since a signal ends the whole JVM. */
    private final class Child {
        final Path errors = folder.resolve("stderr");
        final Process process;

        Child(TestingProcess.Way way) throws Exception {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            TestingProcess.class.getName(),
                            way.name())
                    .redirectError(errors.toFile())
                    .start();
        }

        int exitCode() throws InterruptedException {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("the process did not end: " + errors());
            }
            return process.exitValue();
        }

        String errors() {
            try {
                return Files.readString(errors);
            } catch (java.io.IOException e) {
                return "no standard error: " + e;
            }
        }
    }
}
