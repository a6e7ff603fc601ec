package io.millrace.common.reward.slime.latex;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What becomes of a macro. Those of macros.tsv are known (scripts/make-math-pairs --macros writes it); every other one takes
 * no arguments and comes to nothing.
 *
 * @param arguments one sign for each: { for an expression, [ for an optional one, * for a star
 * @param text of {@link Kind#TEXT}, with %s or %(2)s for arguments; the combining mark of an accent; the name of a style
 */
record Macro(String arguments, Kind kind, String text) {
    enum Kind {
        /** Its text, with its arguments put in. */
        TEXT,
        /** Its arguments, one after the other. */
        ARGUMENTS,
        /** Nothing. */
        DROP,
        /** Its argument, a mark over each character. */
        ACCENT,
        /** Its argument in letters of another alphabet. */
        STYLE
    }

    private static final String TABLE = "macros.tsv";
    private static final Macro UNKNOWN = new Macro("", Kind.DROP, "");
    private static final Map<String, Macro> KNOWN = read();

    static Macro named(String name) {
        return KNOWN.getOrDefault(name, UNKNOWN);
    }

    private static Map<String, Macro> read() {
        Map<String, Macro> macros = new HashMap<>();
        try (InputStream stream = Objects.requireNonNull(Macro.class.getResourceAsStream(TABLE), TABLE);
                BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.startsWith("# ")) {
                    String[] cells = line.split("\t", -1);
                    macros.put(cells[0], new Macro(cells[1], kind(cells[2]), cells[3].replace("<nl>", "\n")));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(TABLE, e);
        }
        return Map.copyOf(macros);
    }

    private static Kind kind(String word) {
        return switch (word) {
            case "text" -> Kind.TEXT;
            case "arguments" -> Kind.ARGUMENTS;
            case "drop" -> Kind.DROP;
            case "accent" -> Kind.ACCENT;
            case "style" -> Kind.STYLE;
            default -> throw new IllegalStateException(TABLE + " has the kind " + word);
        };
    }
}
