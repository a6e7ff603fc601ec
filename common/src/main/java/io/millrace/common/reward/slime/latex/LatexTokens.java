package io.millrace.common.reward.slime.latex;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import io.millrace.common.reward.slime.latex.LatexToken.Kind;
import io.millrace.common.reward.text.PythonText;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts LaTeX into tokens, at whatever place it is asked for one. */
final class LatexTokens {
    /** The longest of those that begin alike stands first. */
    static final List<String> SPECIALS = List.of("---", "--", "``", "''", "!`", "?`", "&", "~");

    private static final Pattern ENVIRONMENT =
            Pattern.compile("\\s*\\{([\\w* ._-]+)}", Pattern.UNICODE_CHARACTER_CLASS);

    private final String text;
    private final Work work;

    LatexTokens(String text, Work work) {
        this.text = text;
        this.work = work;
    }

    boolean isSpaceAt(int at) {
        return at < text.length() && PythonText.isSpace(text.charAt(at));
    }

    /**
     * @param bracket whether square brackets are braces too
     * @param environments whether \begin and \end are more than macros
     */
    LatexToken at(int from, boolean bracket, boolean environments) throws NotComparable {
        int start = from;
        while (isSpaceAt(start)) {
            start++;
            if (text.startsWith("\n\n", Math.max(from, start - 2)) && start - 2 >= from) {
                return new LatexToken(Kind.CHARS, "\n\n", start - 2, start, text.substring(from, start - 2), "");
            }
        }
        work.spend(1 + start - from);
        String before = text.substring(from, start);
        if (start >= text.length()) {
            return new LatexToken(Kind.OVER, "", start, start, before, "");
        }
        char c = text.charAt(start);
        if (c == '\\') {
            return macro(start, before, environments);
        }
        if (c == '%') {
            int end = text.indexOf('\n', start);
            return new LatexToken(Kind.COMMENT, "", start, end < 0 ? text.length() : end, before, "");
        }
        if (c == '{' || c == '}' || (bracket && (c == '[' || c == ']'))) {
            return one(c == '{' || c == '[' ? Kind.OPEN : Kind.CLOSE, start, 1, before);
        }
        if (c == '$') {
            return one(Kind.FORMULA, start, text.startsWith("$$", start) ? 2 : 1, before);
        }
        for (String special : SPECIALS) {
            if (text.startsWith(special, start)) {
                return one(Kind.SPECIAL, start, special.length(), before);
            }
        }
        return one(Kind.CHARS, start, Character.charCount(text.codePointAt(start)), before);
    }

    private LatexToken one(Kind kind, int start, int length, String before) {
        return new LatexToken(kind, text.substring(start, start + length), start, start + length, before, "");
    }

    private LatexToken macro(int start, String before, boolean environments) throws NotComparable {
        int name = start + 1;
        if (name >= text.length()) {
            return new LatexToken(Kind.OVER, "", start, start, "", "");
        }
        int end = name + Character.charCount(text.codePointAt(name));
        boolean word = Character.isLetter(text.codePointAt(name));
        while (word && end < text.length() && Character.isLetter(text.codePointAt(end))) {
            end += Character.charCount(text.codePointAt(end));
        }
        String macro = text.substring(name, end);
        if ("()[]".contains(macro)) {
            return new LatexToken(Kind.FORMULA, "\\" + macro, start, end, before, "");
        }
        if (environments && (macro.equals("begin") || macro.equals("end"))) {
            Matcher matcher = ENVIRONMENT.matcher(text).region(end, text.length());
            if (!matcher.lookingAt()) {
                return new LatexToken(Kind.CHARS, "\\" + macro, start, end, before, "");
            }
            Kind kind = macro.equals("begin") ? Kind.BEGIN : Kind.END;
            return new LatexToken(kind, matcher.group(1), start, matcher.end(), before, "");
        }
        int after = end;
        while (word && isSpaceAt(after) && !text.startsWith("\n\n", after)) {
            after++;
        }
        work.spend(after - start);
        return new LatexToken(Kind.MACRO, macro, start, after, before, text.substring(end, after));
    }
}
