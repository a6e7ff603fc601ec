package io.millrace.common.reward.slime;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import io.millrace.common.reward.slime.latex.LatexText;
import io.millrace.common.reward.text.Lowercase;
import io.millrace.common.reward.text.PythonText;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The form in which slime compares answers before it computes: without units, dollars, percent signs and spaces, LaTeX as
 * plain text, braces dropped, lower case. 2\frac{1}{2} is 2+1/2 in it, and \frac{x+1}{2} is x+1/2.
 */
final class NormalForm {
    private static final Pattern WHOLE_TEXT = Pattern.compile("^\\\\text\\{(.+)}$", Pattern.UNIX_LINES);

    /** In the order in which they are taken out, so that a centimeter leaves a dot-less "enti" no more than in slime. */
    private static final List<Pattern> UNITS = Stream.of(
                    "degree",
                    "cm",
                    "centimeter",
                    "meter",
                    "mile",
                    "second",
                    "minute",
                    "hour",
                    "day",
                    "week",
                    "month",
                    "year",
                    "foot",
                    "feet",
                    "inch",
                    "yard")
            .map(unit -> Pattern.compile(unit + "(?:es)?s? *(?:\\^[0-9]+)?"))
            .toList();

    private static final Pattern DEGREES = Pattern.compile("\\^ *\\\\circ");
    private static final Pattern THIN_THOUSANDS = Pattern.compile(",\\\\! *");
    private static final Pattern MINUS = Pattern.compile("- *");
    private static final Pattern MIXED = Pattern.compile("([0-9]) +([0-9])");

    private NormalForm() {}

    static String of(String answer, Work work) throws NotComparable {
        Matcher whole = WHOLE_TEXT.matcher(answer);
        String text = (whole.find() ? whole.group(1) : answer)
                .replace("\\%", "%")
                .replace("\\$", "$")
                .replace("$", "")
                .replace("%", "")
                .replace(" or ", " , ")
                .replace(" and ", " , ")
                .replace("million", "*10^6")
                .replace("billion", "*10^9")
                .replace("trillion", "*10^12");
        for (Pattern unit : UNITS) {
            text = unit.matcher(text).replaceAll("");
        }
        text = DEGREES.matcher(text).replaceAll("");
        if (text.startsWith("{") && text.endsWith("}")) {
            text = text.substring(1, Math.max(1, text.length() - 1));
        }
        text = THIN_THOUSANDS.matcher(text).replaceAll("");
        OptionalDouble number = PythonText.number(text);
        if (number.isPresent() && isNearInteger(number.getAsDouble())) {
            text = PythonText.rounded(number.getAsDouble());
        }
        if (text.contains("\\")) {
            text = plain(text, work);
        }
        text = MINUS.matcher(text).replaceAll("-");
        text = MIXED.matcher(text).replaceAll("$1+$2");
        text = Lowercase.of(text.replace(" ", "").replace("{", "").replace("}", ""));
        return isInteger(text)
                ? PythonText.integer(PythonText.number(text.replace(",", "")).orElseThrow())
                : text;
    }

    private static String plain(String latex, Work work) throws NotComparable {
        String text =
                latex.replace("\\tfrac", "\\frac").replace("\\dfrac", "\\frac").replace("\\frac", " \\frac");
        try {
            text = LatexText.of(text, work);
        } catch (NotComparable e) {
            if (e.reason() == NotComparable.Reason.LIMIT) {
                throw e;
            }
            return text;
        }
        return PythonText.strip(text.replace("√", "sqrt")
                .replace("π", "pi")
                .replace("∞", "inf")
                .replace("∪", "U")
                .replace("·", "*")
                .replace("×", "*"));
    }

    static boolean isInteger(String text) {
        OptionalDouble number = PythonText.number(AnswerParts.withoutThousands(text));
        return number.isPresent() && isNearInteger(number.getAsDouble());
    }

    private static boolean isNearInteger(double number) {
        return Math.abs(number - Math.rint(number)) <= 1e-7;
    }
}
