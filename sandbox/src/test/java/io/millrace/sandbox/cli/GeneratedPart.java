package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The part of a document that is written from the code: it must be as the code has it, or is written anew where {@code
 * -Dmillrace.docs.update=true} asks for that.
 */
final class GeneratedPart {
    private GeneratedPart() {}

    /**
     * Compares, or writes.
     *
     * @param begin the line before the part
     * @param end the line behind it
     * @param part from behind the first to before the second
     */
    static void hold(Path doc, String begin, String end, String part) throws IOException {
        String text = Files.readString(doc);
        int from = text.indexOf(begin);
        int to = text.indexOf(end);
        assertTrue(from >= 0 && to > from, "the markers are missing in " + doc);
        String expected = begin + "\n" + part;
        if (Boolean.getBoolean("millrace.docs.update")) {
            Files.writeString(doc, text.substring(0, from) + expected + text.substring(to));
            return;
        }
        assertEquals(expected, text.substring(from, to), "run this test with -Dmillrace.docs.update=true");
    }
}
