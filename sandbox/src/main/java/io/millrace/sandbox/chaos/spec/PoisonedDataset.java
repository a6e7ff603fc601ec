package io.millrace.sandbox.chaos.spec;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of a data set with some among them that can never be answered: their prompt is longer than the engines'
 * context, which engines refuse each time, so that the end of a group that is given up is exercised too.
 */
public final class PoisonedDataset {
    /** Prompt and answer together, of the run's engines: room for the longest response that users' defaults ask for. */
    static final int CONTEXT_TOKENS = 12_288;

    private static final String PHRASE = "This prompt is longer than any engine here can read. ";

    private PoisonedDataset() {}

    /** @param share of poisoned rows, evenly among the others */
    public static void write(Path rows, double share, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        double poisoned = 0;
        for (String row : Files.readAllLines(rows)) {
            lines.add(row);
            poisoned += share / (1 - share);
            if (poisoned >= 1) {
                poisoned -= 1;
                lines.add(poison(lines.size()));
            }
        }
        Files.write(file, lines);
    }

    /** A token of the stand-in engines is a byte; twice the context is past it whatever a template adds. */
    private static String poison(int row) {
        String text = PHRASE.repeat(2 * CONTEXT_TOKENS / PHRASE.length()) + row;
        return Json.object().put("prompt", text).put("label", "0").toString();
    }
}
