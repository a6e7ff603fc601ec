package io.millrace.sandbox.policy;

import java.util.List;
import java.util.Locale;
import java.util.function.LongUnaryOperator;

/**
 * The candidate answers of a problem: one is right, the others are the mistakes one makes. A policy chooses among the
 * kinds; which kind is right it has to learn.
 */
public final class Answers {
    private static final int RIGHT = 3;

    /** What each kind makes of the right answer. */
    private static final List<LongUnaryOperator> KINDS = List.of(
            right -> right + 1,
            right -> right - 1,
            right -> right + 10,
            right -> right,
            right -> right - 10,
            right -> right + 7,
            right -> right + 100,
            right -> right - 100);

    /** How many there are. */
    public static final int COUNT = KINDS.size();

    private static final int FIRST_LETTER = 'A';

    private Answers() {}

    /**
     * The answer of this kind.
     *
     * @param label the right answer; one that is no whole number is taken as it is by the right kind only
     */
    public static String candidate(int kind, String label) {
        if (kind == RIGHT) {
            return label;
        }
        try {
            return Long.toString(KINDS.get(kind).applyAsLong(Long.parseLong(label.strip())));
        } catch (NumberFormatException e) {
            return String.format(Locale.ROOT, "%d", 1000 + kind);
        }
    }

    /** The byte token by which a response says its kind; it is the response's first. */
    public static int token(int kind) {
        return FIRST_LETTER + kind;
    }

    /** The kind that a token says; -1 when it says none. */
    public static int kind(int token) {
        int kind = token - FIRST_LETTER;
        return kind >= 0 && kind < COUNT ? kind : -1;
    }
}
