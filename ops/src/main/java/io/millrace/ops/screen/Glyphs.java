package io.millrace.ops.screen;

import java.nio.charset.Charset;

/** The characters that bars and lines are drawn with. */
public enum Glyphs {
    UNICODE("█", "░", "·", "…", "→", "▲", "▼", " ▁▂▃▄▅▆▇█"),
    ASCII("#", ".", "-", "~", ">", "^", "v", " .:-=+*#@");

    public final String full;
    public final String empty;
    public final String dot;
    /** Stands where something was cut off. */
    public final String cut;

    public final String arrow;
    public final String up;
    public final String down;
    /** Rising; the first is nothing. */
    private final String levels;

    Glyphs(String full, String empty, String dot, String cut, String arrow, String up, String down, String levels) {
        this.full = full;
        this.empty = empty;
        this.dot = dot;
        this.cut = cut;
        this.arrow = arrow;
        this.up = up;
        this.down = down;
        this.levels = levels;
    }

    /** What an output of this encoding can show. */
    public static Glyphs of(Charset encoding) {
        return encoding.newEncoder().canEncode(UNICODE.full + UNICODE.empty + UNICODE.cut + UNICODE.levels)
                ? UNICODE
                : ASCII;
    }

    /**
     * A bar that is full where all is, and empty where nothing is: a share between has at least one of each.
     *
     * @param of 0 makes it empty
     */
    public String bar(long part, long of, int width) {
        long filled = of <= 0 ? 0 : Math.clamp(Math.round((double) part * width / of), 0, width);
        if (part > 0 && of > 0 && filled == 0) {
            filled = 1;
        }
        if (part < of && filled == width) {
            filled = width - 1L;
        }
        return full.repeat((int) filled) + empty.repeat((int) (width - filled));
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

    /**
     * A text from elsewhere as it may stand on a terminal: what would move the cursor or change colours is a space, and what
     * this encoding cannot show a dot.
     */
    public String plain(String text) {
        StringBuilder plain = new StringBuilder();
        text.codePoints().forEach(one -> {
            int type = Character.getType(one);
            boolean moves = Character.isISOControl(one)
                    || type == Character.FORMAT
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR
                    || type == Character.SURROGATE
                    || type == Character.UNASSIGNED;
            plain.appendCodePoint(moves ? ' ' : this == ASCII && one > 126 ? '.' : one);
        });
        return plain.toString();
    }
}
