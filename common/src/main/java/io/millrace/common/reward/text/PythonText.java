package io.millrace.common.reward.text;

import java.math.BigDecimal;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/** What Python takes texts for, where Java takes them for something else. */
public final class PythonText {
    private static final int SPACES =
            1 << Character.SPACE_SEPARATOR | 1 << Character.LINE_SEPARATOR | 1 << Character.PARAGRAPH_SEPARATOR;

    private static final Pattern NUMBER = Pattern.compile(
            "[+-]?(?:[0-9](?:_?[0-9])*+(?:\\.(?:[0-9](?:_?[0-9])*+)?)?|\\.[0-9](?:_?[0-9])*+)(?:[eE][+-]?[0-9](?:_?[0-9])*+)?");

    private PythonText() {}

    /** As split and strip have it, with the four separators that ASCII has for files, groups, records and units. */
    public static boolean isSpace(int point) {
        return (SPACES >> Character.getType(point) & 1) != 0
                || (point >= '\t' && point <= '\r')
                || (point >= 0x1c && point <= 0x1f)
                || point == 0x85;
    }

    /** As a regular expression's \\w has it: letters, numbers of any kind, and _. */
    public static boolean isPartOfWord(int point) {
        int type = Character.getType(point);
        return Character.isLetterOrDigit(point)
                || point == '_'
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    public static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isSpace(text.charAt(from))) {
            from++;
        }
        while (to > from && isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    /** What {@code float()} makes of it; empty where it refuses, and for what is not finite. */
    public static OptionalDouble number(String text) {
        StringBuilder ascii = new StringBuilder();
        strip(text).codePoints().forEach(point -> {
            int digit = Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER ? Character.digit(point, 10) : -1;
            ascii.appendCodePoint(digit >= 0 ? '0' + digit : point);
        });
        if (!NUMBER.matcher(ascii).matches()) {
            return OptionalDouble.empty();
        }
        double number = Double.parseDouble(ascii.toString().replace("_", ""));
        return Double.isFinite(number) ? OptionalDouble.of(number) : OptionalDouble.empty();
    }

    /** {@code int()} of a number: what stands before the point. */
    public static String integer(double number) {
        return new BigDecimal(number).toBigInteger().toString();
    }

    /** {@code int(round())} of a number that is near an integer. */
    public static String rounded(double number) {
        return integer(Math.rint(number));
    }
}
