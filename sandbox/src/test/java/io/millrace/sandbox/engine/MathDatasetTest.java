package io.millrace.sandbox.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.model.AnswerBook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The shipped dataset; tests run in the module's folder. */
class MathDatasetTest {
    private static final Path DATASET = Path.of("data/math-problems.jsonl");
    private static final Path SCRIPT = Path.of("../scripts/make-math-dataset");

    @TempDir
    Path folder;

    @Test
    void atLeast500DistinctProblemsHaveIntegerLabels() throws IOException {
        List<String> lines = Files.readAllLines(DATASET);
        Set<String> questions = new HashSet<>();
        for (String line : lines) {
            JsonNode row = Json.MAPPER.readTree(line);
            assertEquals(1, row.path("prompt").size());
            assertEquals("user", row.path("prompt").path(0).path("role").stringValue());
            String question = row.path("prompt").path(0).path("content").stringValue();
            assertTrue(questions.add(question), question);
            assertTrue(question.contains("\"Answer: <number>\""), question);
            String label = row.path("label").stringValue();
            assertEquals(label, Long.toString(Long.parseLong(label)));
        }
        assertTrue(questions.size() >= 500, "only " + questions.size());
        assertEquals(questions.size(), AnswerBook.load(DATASET).size());
    }

    @Test
    void runningTheScriptAgainGivesTheSameBytes() throws IOException, InterruptedException {
        // Python is not needed to build or run Millrace, only to make this data set anew.
        assumeTrue(hasPython(), "python3 is not installed");
        Path again = folder.resolve("again.jsonl");
        Process process = new ProcessBuilder("python3", SCRIPT.toString(), "--output", again.toString())
                .inheritIO()
                .start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue());
        assertEquals(-1, Files.mismatch(DATASET, again));
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
