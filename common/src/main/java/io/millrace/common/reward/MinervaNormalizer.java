package io.millrace.common.reward;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Minerva's normal form of a final answer, in the order and with the word lists that slime has
 * (slime/rollout/rm_hub/math_dapo_utils.py): comparing rewards across the two needs the same quirks. Every regex is
 * lazy-with-a-fixed-end over texts of at most some thousand characters, so at worst quadratic.
 */
public final class MinervaNormalizer {
    private record Swap(String from, String to) {}

    private static final List<Swap> SWAPS = List.of(
            new Swap("an ", ""),
            new Swap("a ", ""),
            new Swap(".$", "$"),
            new Swap("\\$", ""),
            new Swap("\\ ", ""),
            new Swap(" ", ""),
            new Swap("mbox", "text"),
            new Swap(",\\text{and}", ","),
            new Swap("\\text{and}", ","),
            new Swap("\\text{m}", "\\text{}"));

    private static final List<String> DROPPED = List.of(
            "square",
            "ways",
            "integers",
            "dollars",
            "mph",
            "inches",
            "hours",
            "km",
            "units",
            "\\ldots",
            "sue",
            "points",
            "feet",
            "minutes",
            "digits",
            "cents",
            "degrees",
            "cm",
            "gm",
            "pounds",
            "meters",
            "meals",
            "edges",
            "students",
            "childrentickets",
            "multiples",
            "\\text{s}",
            "\\text{.}",
            "\\text{\ns}",
            "\\text{}^2",
            "\\text{}^3",
            "\\text{\n}",
            "\\text{}",
            "\\mathrm{th}",
            "^\\circ",
            "^{\\circ}",
            "\\;",
            ",\\!",
            "{,}",
            "\"",
            "\\dots",
            "<|im_end|>",
            "<|endoftext|>");

    // UNIX_LINES: a dot stops at \n only, as in Python.
    private static final Pattern DOLLARS = dots("(.*?)\\$(.*?)\\$(.*)");
    private static final Pattern TEXT = dots("\\\\text\\{(.*?)\\}");
    private static final Pattern TEXTBF = dots("\\\\textbf\\{(.*?)\\}");
    private static final Pattern OVERLINE = dots("\\\\overline\\{(.*?)\\}");
    private static final Pattern BOXED = dots("\\\\boxed\\{(.*)\\}");
    private static final Pattern SHORT_FRACTION = dots("frac([^{])(.)");
    private static final Pattern SHORT_ROOT = dots("sqrt([^{])");

    private MinervaNormalizer() {}

    /** @param answer of some thousand characters at most */
    public static String normalize(String answer) {
        String text = answer.substring(answer.lastIndexOf('=') + 1);
        for (Swap swap : SWAPS) {
            text = text.replace(swap.from(), swap.to());
        }
        for (String dropped : DROPPED) {
            text = text.replace(dropped, "");
        }
        text = DOLLARS.matcher(text).replaceAll("\\$$2\\$");
        text = TEXT.matcher(text).replaceAll("$1");
        text = TEXTBF.matcher(text).replaceAll("$1");
        text = OVERLINE.matcher(text).replaceAll("$1");
        text = BOXED.matcher(text).replaceAll("$1");
        text = SHORT_FRACTION.matcher(text).replaceAll("frac{$1}{$2}");
        text = SHORT_ROOT.matcher(text).replaceAll("sqrt{$1}");
        text = text.replace("$", "");
        String joined = text.replace(",", "");
        if (!joined.isEmpty() && joined.codePoints().allMatch(Character::isDigit)) {
            text = joined;
        }
        return text.strip();
    }

    private static Pattern dots(String regex) {
        return Pattern.compile(regex, Pattern.UNIX_LINES);
    }
}
