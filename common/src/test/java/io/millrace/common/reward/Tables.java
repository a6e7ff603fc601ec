package io.millrace.common.reward;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Tab-separated tables of expected verdicts; lines that start with # are comments. */
public final class Tables {
    private Tables() {}

    /** Rows of rewards/NAME.tsv, each with as many cells as asked for. */
    public static List<String[]> rows(String name, int cells) throws IOException {
        String path = "/rewards/" + name + ".tsv";
        List<String[]> rows = new ArrayList<>();
        try (InputStream stream = Objects.requireNonNull(Tables.class.getResourceAsStream(path), path);
                BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("#")) {
                    continue;
                }
                String[] row = line.split("\t", -1);
                if (row.length != cells) {
                    throw new IllegalStateException(path + " needs " + cells + " cells in: " + line);
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
