package io.millrace.common.reward.math;

import io.millrace.common.reward.text.PythonText;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * mathd's normal form of an answer (Hendrycks et al., the MATH data set; as slime/rollout/rm_hub/math_utils.py applies
 * it): a rewriting of the text that makes common ways to write the same thing the same. Plain replacements and single
 * passes; the regexes have no nested repetition.
 */
public final class MathdNormalizer {
    private static final String FRACTION = "\\frac";
    private static final String ROOT = "\\sqrt";
    private static final String UNIT_TEXT = "\\text{ ";
    private static final Pattern WHOLE_TEXT = Pattern.compile("\\\\text\\{(.+)}", Pattern.UNIX_LINES);
    private static final Pattern SLASH = Pattern.compile("(0|-?[1-9][0-9]*)/(0|-?[1-9][0-9]*)");

    private MathdNormalizer() {}

    /** The normal form; the text itself, without outer spaces, where it does not keep to mathd's conventions. */
    static String normalize(String answer) {
        return normalize(answer, MathdNormalizer::withoutSpaces);
    }

    /** The same with every space dropped, as mathd itself has it, so that 1 3/4 is 13/4. */
    public static String original(String answer) {
        return normalize(answer, text -> text.replace(" ", ""));
    }

    private static String normalize(String answer, UnaryOperator<String> withoutSpaces) {
        String text = PythonText.strip(answer);
        Matcher whole = WHOLE_TEXT.matcher(text);
        if (whole.matches()) {
            text = PythonText.strip(whole.group(1));
        }
        return rewritten(text, withoutSpaces).orElse(text);
    }

    private static Optional<String> rewritten(String answer, UnaryOperator<String> withoutSpaces) {
        String text = answer.replace("\n", "")
                .replace("\\!", "")
                .replace("\\\\", "\\")
                .replace("tfrac", "frac")
                .replace("dfrac", "frac")
                .replace("\\left", "")
                .replace("\\right", "")
                .replace("^{\\circ}", "")
                .replace("^\\circ", "")
                .replace("\\$", "");
        int unit = text.indexOf(UNIT_TEXT);
        if (unit >= 0) {
            if (unit != text.lastIndexOf(UNIT_TEXT)) {
                return Optional.empty();
            }
            text = text.substring(0, unit);
        }
        text = text.replace("\\%", "").replace(" .", " 0.").replace("{.", "{0.");
        if (text.startsWith(".")) {
            text = "0" + text;
        }
        int equals = text.indexOf('=');
        if (equals >= 0 && equals <= 2 && text.lastIndexOf('=') == equals) {
            text = text.substring(equals + 1);
        }
        return bracedRoots(text)
                .flatMap(rooted -> bracedFractions(withoutSpaces.apply(rooted)))
                .map(MathdNormalizer::fractionOfSimpleNumber);
    }

    private static String fractionOfSimpleNumber(String text) {
        if (text.equals("0.5")) {
            return "\\frac{1}{2}";
        }
        Matcher slash = SLASH.matcher(text);
        return slash.matches() ? "\\frac{" + slash.group(1) + "}{" + slash.group(2) + "}" : text;
    }

    /** Spaces between two digits stay. */
    private static String withoutSpaces(String text) {
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && text.charAt(end) == ' ') {
                end++;
            }
            if (end == at) {
                out.append(text.charAt(at));
                at++;
                continue;
            }
            if (at > 0 && isDigit(text.charAt(at - 1)) && end < text.length() && isDigit(text.charAt(end))) {
                out.append(text, at, end);
            }
            at = end;
        }
        return out.toString();
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** {@code \sqrt3} to {@code \sqrt{3}}. */
    private static Optional<String> bracedRoots(String text) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int root = text.indexOf(ROOT); root >= 0; root = text.indexOf(ROOT, from)) {
            int argument = root + ROOT.length();
            if (argument >= text.length()) {
                return Optional.empty();
            }
            out.append(text, from, argument);
            from = argument;
            if (text.charAt(argument) != '{') {
                out.append('{').append(text.charAt(argument)).append('}');
                from++;
            }
        }
        return Optional.of(out.append(text, from, text.length()).toString());
    }

    /** {@code \frac12} and {@code \frac1{2}} to {@code \frac{1}{2}}. */
    private static Optional<String> bracedFractions(String text) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int fraction = text.indexOf(FRACTION); fraction >= 0; fraction = text.indexOf(FRACTION, from)) {
            int over = fraction + FRACTION.length();
            if (over >= text.length()) {
                return Optional.empty();
            }
            out.append(text, from, over);
            from = over;
            if (text.charAt(over) == '{') {
                continue;
            }
            if (over + 1 >= text.length()) {
                return Optional.of(text);
            }
            out.append('{').append(text.charAt(over)).append('}');
            from++;
            if (text.charAt(over + 1) != '{') {
                out.append('{').append(text.charAt(over + 1)).append('}');
                from++;
            }
        }
        return Optional.of(out.append(text, from, text.length()).toString());
    }
}
