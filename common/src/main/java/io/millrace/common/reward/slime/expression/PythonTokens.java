package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.text.PythonText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tokens that Python finds in an expression. */
final class PythonTokens {
    enum Kind {
        NUMBER,
        NAME,
        SIGN,
        LINE_END
    }

    record Token(Kind kind, String text) {
        boolean isSign(String sign) {
            return kind == Kind.SIGN && text.equals(sign);
        }
    }

    private static final String DIGITS = "[0-9](?:_?[0-9])*+";

    /** Of the ways to write one that begin alike, Python takes the imaginary one, then the one with a point, then the rest. */
    private static final Pattern NUMBER = Pattern.compile("(?:(?:" + DIGITS + "\\.(?:" + DIGITS + ")?|\\." + DIGITS
            + ")(?:[eE][-+]?" + DIGITS + ")?|" + DIGITS + "[eE][-+]?" + DIGITS + "|" + DIGITS + "(?=[jJ]))[jJ]?"
            + "|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0(?:_?0)*+|[1-9](?:_?[0-9])*+");

    private PythonTokens() {}

    /** @throws NotComparable where Python has no token */
    static List<Token> of(String text) throws NotComparable {
        List<Token> tokens = new ArrayList<>();
        Matcher number = NUMBER.matcher(text);
        int at = 0;
        while (at < text.length()) {
            int point = text.codePointAt(at);
            int end = at + Character.charCount(point);
            if (point == '\n') {
                tokens.add(new Token(Kind.LINE_END, "\n"));
            } else if (point == ' ' || point == '\t' || point == '\f') {
                at = end;
                continue;
            } else if (number.region(at, text.length()).lookingAt()) {
                end = number.end();
                tokens.add(new Token(Kind.NUMBER, number.group()));
            } else if (Character.isUnicodeIdentifierStart(point) || point == '_') {
                while (end < text.length() && PythonText.isPartOfWord(text.codePointAt(end))) {
                    end += Character.charCount(text.codePointAt(end));
                }
                tokens.add(new Token(Kind.NAME, text.substring(at, end)));
            } else if ("+-*/()!".indexOf(point) >= 0) {
                end = text.startsWith("**", at) || text.startsWith("//", at) ? at + 2 : end;
                tokens.add(new Token(Kind.SIGN, text.substring(at, end)));
            } else {
                throw NotComparable.syntax("no sign of an expression: " + Character.toString(point));
            }
            at = end;
        }
        return tokens;
    }
}
