package io.millrace.common.reward;

import java.util.Optional;

/** Finds the boxed answer of a response; each way is one pass over the text from the last box on, whatever stands in it. */
public final class BoxedAnswer {
    private static final String BOXED = "\\boxed";
    private static final String FBOX = "\\fbox";
    private static final String OPEN_BOX = "\\boxed{";

    private BoxedAnswer() {}

    /**
     * The inside of the last {@code \boxed{...}}, or of the last {@code \fbox{...}} where nothing is boxed. Empty when
     * that last box is not closed: a response that was cut off in its answer has none, as in slime. Escaped braces do not
     * count (slime counts them, so that a one-sided set brace never closes).
     */
    public static Optional<String> last(String text) {
        int box = text.lastIndexOf(BOXED);
        int open = box + BOXED.length();
        if (box < 0) {
            box = text.lastIndexOf(FBOX);
            open = box + FBOX.length();
        }
        if (box < 0) {
            return Optional.empty();
        }
        while (open < text.length() && text.charAt(open) == ' ') {
            open++;
        }
        if (open >= text.length() || text.charAt(open) != '{') {
            return Optional.empty();
        }
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            switch (text.charAt(i)) {
                case '\\' -> i++;
                case '{' -> depth++;
                case '}' -> {
                    depth--;
                    if (depth == 0) {
                        return Optional.of(text.substring(open + 1, i));
                    }
                }
                default -> {}
            }
        }
        return Optional.empty();
    }

    /**
     * What slime takes for it: the inside of the last {@code \boxed}. Empty when there is none, it is open, or something
     * stands between it and its brace. Every brace counts, an escaped one too (slime/rollout/rm_hub/math_utils.py).
     */
    public static Optional<String> ofSlime(String text) {
        int start = text.lastIndexOf(BOXED);
        if (start < 0 || !text.startsWith(OPEN_BOX, start)) {
            return Optional.empty();
        }
        int depth = 1;
        for (int i = start + OPEN_BOX.length(); i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                return Optional.of(text.substring(start + OPEN_BOX.length(), i));
            }
        }
        return Optional.empty();
    }
}
