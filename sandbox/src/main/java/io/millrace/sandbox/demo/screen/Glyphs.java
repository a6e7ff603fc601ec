package io.millrace.sandbox.demo.screen;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The characters that bars and lines are drawn with. */
public enum Glyphs {
    UNICODE("█", "░", " ▁▂▃▄▅▆▇█", "·"),
    ASCII("#", ".", " .:-=+*#@", "-");

    final String full;
    final String empty;
    /** Rising levels; the first is nothing. */
    final String levels;

    final String dot;

    Glyphs(String full, String empty, String levels, String dot) {
        this.full = full;
        this.empty = empty;
        this.levels = levels;
        this.dot = dot;
    }

    /** What a stream can show. */
    public static Glyphs of(PrintStream out) {
        return out.charset().equals(StandardCharsets.UTF_8) ? UNICODE : ASCII;
    }

    /** @param share 0 to 1 */
    String bar(double share, int width) {
        int filled = (int) Math.round(Math.clamp(share, 0, 1) * width);
        return full.repeat(filled) + empty.repeat(width - filled);
    }

    /** One character per value, from the lowest of 0 and the values to the highest of 1 and the values. */
    public String spark(double[] values) {
        double low = 0;
        double high = 1;
        for (double value : values) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        StringBuilder line = new StringBuilder();
        int top = levels.length() - 1;
        for (double value : values) {
            int level = 1 + (int) Math.floor((value - low) / (high - low) * (top - 1) + 0.5);
            line.append(levels.charAt(Math.clamp(level, 1, top)));
        }
        return line.toString();
    }
}
