package io.millrace.common.reward.slime.latex;

/**
 * A token of LaTeX.
 *
 * @param text a macro's or an environment's name, or the characters
 * @param start where it begins, after the spaces before it
 * @param end where what follows begins
 * @param before the spaces before it
 * @param after the spaces after a macro's name, which are part of it
 */
record LatexToken(Kind kind, String text, int start, int end, String before, String after) {
    enum Kind {
        CHARS,
        MACRO,
        OPEN,
        CLOSE,
        BEGIN,
        END,
        FORMULA,
        SPECIAL,
        COMMENT,
        /** The text is over; {@code before} is what is left of it. */
        OVER
    }
}
