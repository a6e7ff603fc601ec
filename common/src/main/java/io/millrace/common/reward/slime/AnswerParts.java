package io.millrace.common.reward.slime;

import io.millrace.common.reward.text.PythonText;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The elements of an answer in {@link NormalForm}: those of a tuple or an interval, or itself alone. */
final class AnswerParts {
    private static final String BRACKETS = "()[]";
    private static final Pattern THOUSANDS =
            Pattern.compile("(\\d),(\\d\\d\\d)($|\\D)", Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNIX_LINES);
    private static final Pattern FRACTION = Pattern.compile("^-?[0-9]+.?/0*[1-9][0-9]*.?$", Pattern.UNIX_LINES);

    private AnswerParts() {}

    static List<String> of(String answer) {
        String text = withoutThousands(answer);
        if (text.isEmpty()) {
            return List.of();
        }
        if (text.length() > 2 && isBracket(text.charAt(0)) && isBracket(text.charAt(text.length() - 1))) {
            String inner = text.substring(1, text.length() - 1);
            if (inner.chars().noneMatch(AnswerParts::isBracket)) {
                return Arrays.stream(inner.split(",", -1))
                        .map(PythonText::strip)
                        .toList();
            }
        }
        return List.of(text);
    }

    private static boolean isBracket(int c) {
        return BRACKETS.indexOf(c) >= 0;
    }

    /** A pass takes the commas of each number from the left, every second one at least. */
    static String withoutThousands(String text) {
        String shorter = text;
        String before;
        do {
            before = shorter;
            shorter = THOUSANDS.matcher(before).replaceAll("$1$2$3");
        } while (!shorter.equals(before));
        return shorter;
    }

    /** A quotient of two integers, each perhaps with one sign behind it. */
    static boolean isFraction(String text) {
        return FRACTION.matcher(text).find();
    }
}
