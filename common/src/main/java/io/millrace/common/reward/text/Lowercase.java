package io.millrace.common.reward.text;

/**
 * The lower case of a text as Python and Unicode have it, whatever the machine's language is, in one pass.
 * {@link String#toLowerCase(java.util.Locale)} asks for the words of the whole text at each capital sigma: quadratic, so
 * that some megabytes of them take hours.
 */
public final class Lowercase {
    private static final int CAPITAL_SIGMA = 0x3a3;
    private static final int SIGMA = 0x3c3;
    private static final int FINAL_SIGMA = 0x3c2;
    private static final int CAPITAL_I_WITH_DOT = 0x130;
    private static final String I_WITH_DOT_ABOVE = "i\u0307";

    /** Signs within words (Unicode's Word_Break MidLetter, MidNumLet, Single_Quote): they do not part a sigma from its word. */
    private static final String WITHIN_WORDS =
            "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a";

    private static final int IGNORED = 1 << Character.NON_SPACING_MARK
            | 1 << Character.ENCLOSING_MARK
            | 1 << Character.FORMAT
            | 1 << Character.MODIFIER_LETTER
            | 1 << Character.MODIFIER_SYMBOL;

    private Lowercase() {}

    public static String of(String text) {
        StringBuilder lower = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            int point = text.codePointAt(at);
            int next = at + Character.charCount(point);
            if (point < 128) {
                lower.append((char) (point >= 'A' && point <= 'Z' ? point + 32 : point));
            } else if (point == CAPITAL_SIGMA) {
                lower.appendCodePoint(isAfterCased(text, at) && !isBeforeCased(text, next) ? FINAL_SIGMA : SIGMA);
            } else if (point == CAPITAL_I_WITH_DOT) {
                lower.append(I_WITH_DOT_ABOVE);
            } else {
                lower.appendCodePoint(Character.toLowerCase(point));
            }
            at = next;
        }
        return lower.toString();
    }

    // Both look beyond what is ignored only, and a sigma is not: no character is looked at by more than two sigmas.

    private static boolean isAfterCased(String text, int before) {
        int at = before;
        while (at > 0) {
            int point = text.codePointBefore(at);
            if (!isIgnored(point)) {
                return isCased(point);
            }
            at -= Character.charCount(point);
        }
        return false;
    }

    private static boolean isBeforeCased(String text, int from) {
        int at = from;
        while (at < text.length()) {
            int point = text.codePointAt(at);
            if (!isIgnored(point)) {
                return isCased(point);
            }
            at += Character.charCount(point);
        }
        return false;
    }

    private static boolean isCased(int point) {
        return Character.isLowerCase(point) || Character.isUpperCase(point) || Character.isTitleCase(point);
    }

    private static boolean isIgnored(int point) {
        return (IGNORED >> Character.getType(point) & 1) != 0 || WITHIN_WORDS.indexOf(point) >= 0;
    }
}
