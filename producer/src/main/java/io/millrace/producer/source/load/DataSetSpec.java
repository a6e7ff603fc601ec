package io.millrace.producer.source.load;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A data set as users name it: a file, with an optional slice of its rows in slime's form {@code path@[a:b]}.
 *
 * <p>The slice means what it means in Python: from row {@code a}, the first being 0, up to but without row {@code b};
 * either may be left out, and an end past the last row is the last row. Negative bounds are refused: they need the
 * number of rows, which would make a row's place depend on the file's end.
 */
public record DataSetSpec(Path path, Slice slice) {
    private static final Pattern SLICED = Pattern.compile("(.*)@\\[([^\\[\\]]*)]", Pattern.DOTALL);
    private static final Pattern BOUNDS = Pattern.compile("\\s*(-?\\d*)\\s*:\\s*(-?\\d*)\\s*");

    /**
     * @param text {@code path} or {@code path@[a:b]}
     * @throws IllegalArgumentException when it is neither, naming the text and what was expected
     */
    public static DataSetSpec parse(String text) {
        Matcher sliced = SLICED.matcher(text);
        if (sliced.matches()) {
            return new DataSetSpec(path(text, sliced.group(1)), slice(text, sliced.group(2)));
        }
        if (text.indexOf("@[", text.lastIndexOf('/') + 1) >= 0) {
            throw malformed(text, "the slice must end the text");
        }
        return new DataSetSpec(path(text, text), Slice.ALL);
    }

    private static Path path(String text, String path) {
        if (path.isBlank()) {
            throw malformed(text, "the path is empty");
        }
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw malformed(text, "no path: " + e.getReason());
        }
    }

    private static Slice slice(String text, String bounds) {
        Matcher matcher = BOUNDS.matcher(bounds);
        if (!matcher.matches()) {
            throw malformed(text, "the slice must be [a:b] with whole numbers");
        }
        long from = bound(text, matcher.group(1), 0);
        long to = bound(text, matcher.group(2), Slice.NO_END);
        if (from >= to) {
            throw malformed(text, "the slice is empty, its end must be above its begin");
        }
        return new Slice(from, to);
    }

    private static long bound(String text, String digits, long absent) {
        if (digits.isEmpty()) {
            return absent;
        }
        long value;
        try {
            value = Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw malformed(text, "no whole number in range: '" + digits + "'");
        }
        if (value < 0) {
            throw malformed(text, "the slice's bounds must be 0 or more, negative ones are not taken");
        }
        return value;
    }

    private static IllegalArgumentException malformed(String text, String why) {
        return new IllegalArgumentException("data set '" + text + "': " + why + "; expected path or path@[a:b]");
    }

    /** As it is given on a command line. */
    @Override
    public String toString() {
        return slice.equals(Slice.ALL) ? path.toString() : path + "@" + slice;
    }

    /**
     * A stretch of rows.
     *
     * @param from the first row, 0 or more
     * @param to the row after the last, above {@code from}; {@link #NO_END} for the rest of the file
     */
    public record Slice(long from, long to) {
        /** The end of a slice that goes on to the last row. */
        public static final long NO_END = Long.MAX_VALUE;

        /** Every row. */
        public static final Slice ALL = new Slice(0, NO_END);

        public Slice {
            if (from < 0 || from >= to) {
                throw new IllegalArgumentException(
                        "slice must begin at 0 or more and end above its begin, was " + from + ":" + to);
            }
        }

        /** The form {@code [a:b]}; a begin of 0 and an absent end are left out. */
        @Override
        public String toString() {
            return "[" + (from == 0 ? "" : from) + ":" + (to == NO_END ? "" : to) + "]";
        }
    }
}
