package io.millrace.common.reward.math;

import io.millrace.common.reward.text.Lowercase;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A piece of an answer.
 *
 * @param text a number without its commas; a run of letters; a command's name without backslash; the inside of a
 *     {@code \text{}}; or one character
 * @param spaced whether a space stood before it: "1 3/4" is a mixed number, "13/4" is not
 */
record Token(Kind kind, String text, boolean spaced) {
    enum Kind {
        NUMBER,
        LETTERS,
        COMMAND,
        TEXT,
        SYMBOL
    }

    /** Commands that stand for the begin and the end of a matrix, and the symbol between its rows. */
    static final String TABLE = "begin matrix";

    static final String TABLE_END = "end matrix";
    static final String ROW = "\\";

    boolean isSymbol(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    boolean isCommand(String name) {
        return kind == Kind.COMMAND && text.equals(name);
    }

    boolean opens() {
        return isSymbol("(") || isSymbol("[") || isSymbol("{") || isCommand("{") || isCommand(TABLE);
    }

    boolean closes() {
        return isSymbol(")") || isSymbol("]") || isSymbol("}") || isCommand("}") || isCommand(TABLE_END);
    }

    /** Tokens as one text for answers that are words or notation without a value; case of words does not count. */
    static String folded(List<Token> tokens) {
        return tokens.stream()
                .map(token -> switch (token.kind()) {
                    case LETTERS -> Lowercase.of(token.text());
                    case TEXT ->
                        Lowercase.of(token.text()).replace(" and ", " , ").replace(" or ", " , ");
                    case COMMAND -> "\\" + token.text();
                    case NUMBER, SYMBOL -> token.text();
                })
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(" "));
    }
}
