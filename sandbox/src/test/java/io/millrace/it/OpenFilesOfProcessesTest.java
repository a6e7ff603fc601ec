package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that may open fewer files than they need; no broker is there, none is asked. */
class OpenFilesOfProcessesTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private final List<MillraceProcess> processes = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (MillraceProcess process : processes) {
            process.end();
        }
    }

    private MillraceProcess start(int limit, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--run", "files", "--bootstrap", "127.0.0.1:" + MillraceProcess.freePorts(1)));
        MillraceProcess process = MillraceProcess.startLimited(folder, limit, all.toArray(String[]::new));
        processes.add(process);
        return process;
    }

    private static void assertRefused(MillraceProcess process, String text) throws Exception {
        assertEquals(2, process.exitCode(LIMIT), process::printed);
        assertTrue(process.printed().contains(text), process::printed);
        assertTrue(process.printed().contains("raise it (ulimit -n "), process::printed);
    }

    @Test
    void tooFewOpenFilesEndAProcessAtItsStartWithTheLimitAndTheWaysOut() throws Exception {
        MillraceProcess worker = start(400, "worker", "--slots", "256");
        MillraceProcess trainer = start(512, "trainer", "--trainer-port", "0");
        MillraceProcess producer = start(160, "producer", "--dataset", "not-asked-for.jsonl");
        assertRefused(worker, "--slots 256: this process may have 400 open files (ulimit -n)");
        assertRefused(trainer, "this process may have 512 open files (ulimit -n)");
        assertTrue(trainer.printed().contains(" 512 for who calls its port"), trainer::printed);
        assertRefused(producer, "this process may have 160 open files (ulimit -n)");
        assertTrue(worker.printed().contains(", or set --slots to at most "), worker::printed);
    }
}
