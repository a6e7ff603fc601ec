package io.millrace.common.reward.text;

/** Whether one text is in another, in work that grows with the lengths' sum: {@link String#contains} takes their product. */
public final class Substring {
    private Substring() {}

    /** The empty text is in none. */
    public static boolean isIn(String text, String part) {
        if (part.isEmpty() || part.length() > text.length()) {
            return false;
        }
        int[] borders = borders(part);
        int matched = 0;
        for (int i = 0; i < text.length(); i++) {
            while (matched > 0 && text.charAt(i) != part.charAt(matched)) {
                matched = borders[matched - 1];
            }
            matched += text.charAt(i) == part.charAt(matched) ? 1 : 0;
            if (matched == part.length()) {
                return true;
            }
        }
        return false;
    }

    /** For each beginning of it, the length of its longest proper part that begins and ends it (Knuth, Morris, Pratt). */
    private static int[] borders(String part) {
        int[] borders = new int[part.length()];
        int length = 0;
        for (int i = 1; i < part.length(); i++) {
            while (length > 0 && part.charAt(i) != part.charAt(length)) {
                length = borders[length - 1];
            }
            length += part.charAt(i) == part.charAt(length) ? 1 : 0;
            borders[i] = length;
        }
        return borders;
    }
}
