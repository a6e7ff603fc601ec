package io.millrace.common.reward;

import io.millrace.common.reward.function.F1Reward;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Texts that a model may write and that have cost, or could cost, far more than their length: one list for every test
 * that feeds rewards. Add to it whatever was ever slow.
 */
public final class HostileCorpus {
    /** In bytes of UTF-8, of the long texts: far above what any engine's context holds. */
    private static final int LONG_BYTES = 4_000_000;

    /** In characters, boxed or not: as long as a text may be that f1 reads. */
    private static final int READ_LENGTH = F1Reward.RESPONSE_LENGTH_MAX - 10;

    /** What fits into a comparison of answers, which takes 2000 characters. */
    private static final int ANSWER_LENGTH = 1990;

    /**
     * One text.
     *
     * @param name its family and what it is made of
     */
    public record Case(String name, String text) {}

    private HostileCorpus() {}

    /** All of them, in the order of their families. */
    public static List<Case> cases() {
        List<Case> cases = new ArrayList<>(answers());
        for (String piece : List.of(
                "9",
                " ",
                "\n",
                "\t",
                "{",
                "}",
                "\\",
                "$",
                "\\boxed",
                "\\boxed{",
                "\\boxed{}",
                "\\boxed{5}",
                "\\fbox{",
                "\\frac",
                "\\frac{1}{",
                "\\sqrt{",
                "\\text{",
                ",",
                "a ",
                "the ",
                "a.",
                "yes ",
                "5 ",
                "Answer:",
                "Answer: ",
                "Answer: 5\n",
                "Answer ",
                "answer is ",
                "A is the ",
                "final ",
                "=",
                "x\u001c",
                "Σ",
                "İ",
                "٣",
                "\u0301",
                "\u200d",
                "\u00a0",
                "£a",
                "😀",
                "\ud83d",
                "the\u2003")) {
            cases.add(new Case("long: " + shown(piece), filled("", piece, "", LONG_BYTES / bytes(piece))));
            cases.add(new Case("as much as f1 reads: " + shown(piece), filled("", piece, "", READ_LENGTH)));
        }
        cases.add(new Case("long: a space run that ends in a word", " ".repeat(LONG_BYTES) + "x"));
        cases.add(new Case("long: an answer behind spaces", "Answer:" + " ".repeat(LONG_BYTES)));
        cases.add(new Case("long: one box around it all", "\\boxed{" + "9".repeat(LONG_BYTES) + "}"));
        cases.add(new Case("long: words of one hash", collidingWords(LONG_BYTES)));
        cases.add(new Case("as much as f1 reads: words of one hash", collidingWords(READ_LENGTH - 40)));
        return List.copyOf(cases);
    }

    /** Those short enough for an answer to be compared at all. */
    public static List<Case> answers() {
        List<Case> cases = new ArrayList<>();
        for (String tower : List.of(
                "10^10^10",
                "2^{2^{2^{2^{2^{2}}}}}",
                "9999999999^{9999999999}",
                "10^{-99999999999999}",
                "0.5^{100000}",
                "(x+y+z)^{1000000}",
                "(x+y)^{20}",
                "((((x+1)^{20})^{20})^{20})^{20}",
                "3^{6300}/7^{3560}",
                "1.37^{999}",
                "1e999999999",
                "-1E-999999999")) {
            cases.add(new Case("tower: " + tower, tower));
        }
        cases.add(new Case("tower: 490 levels", "2^{".repeat(490) + "2" + "}".repeat(490)));
        for (String[] ends : new String[][] {
            {"{", "}"},
            {"(", ")"},
            {"[", "]"},
            {"\\{", "\\}"},
            {"\\sqrt{", "}"},
            {"\\frac{1}{", "}"},
            {"\\frac{", "}{2}"},
            {"1+(", ")"},
            {"(1,", ")"},
            {"\\{1,", "\\}"},
            {"x=", ""},
            {"\\text{", "}"},
            {"\\boxed{", "}"},
            {"\\sqrt[2]", ""},
            {"-", ""},
            {"\\left(", "\\right)"}
        }) {
            int count = ANSWER_LENGTH / (ends[0].length() + ends[1].length());
            cases.add(new Case("nested: " + ends[0], ends[0].repeat(count) + "2" + ends[1].repeat(count)));
            cases.add(new Case("nested, not closed: " + ends[0], ends[0].repeat(ANSWER_LENGTH / ends[0].length())));
        }
        for (String[] ends : new String[][] {{"{", "}"}, {"\\sqrt{", "}"}, {"\\frac{1}{", "}"}}) {
            cases.add(new Case("nested 39 deep: " + ends[0], ends[0].repeat(39) + "2" + ends[1].repeat(39)));
        }
        for (String piece : List.of(
                "x+",
                "x_1+x_2+",
                "(x+y)",
                "\\sqrt{899}",
                "\\sqrt{99991}+",
                "\\sqrt{9999999967}+",
                "1,",
                "{1,",
                "=",
                "\\pm",
                "^",
                "_",
                "\\cup",
                "a^{1/7}",
                "9^{999}",
                "3^{6000}/7^{3000}+",
                "1.37^{999}x+",
                "1/(x+1)+",
                "x**0.3+",
                "(x-1)**0.3*",
                "ln(x)+",
                "1000!+",
                "\\begin{pmatrix}",
                "\\hat{x}",
                "\\begin{pmatrix}1&2\\end{pmatrix}",
                "cm ",
                "%",
                "\\text{m}",
                "٣",
                "１",
                "²",
                "𝟗",
                "9 ",
                "9,",
                "9,999")) {
            cases.add(new Case("repeated: " + shown(piece), filled("", piece, "1", ANSWER_LENGTH)));
        }
        cases.add(new Case("digits: all of an answer", "9".repeat(ANSWER_LENGTH)));
        cases.add(new Case("digits: behind a point", "0." + "3".repeat(ANSWER_LENGTH - 2)));
        cases.add(new Case("digits: a root", "\\sqrt{" + "9".repeat(ANSWER_LENGTH - 7) + "}"));
        cases.add(new Case("digits: a fraction", "\\frac{" + "7".repeat(980) + "}{" + "3".repeat(980) + "}"));
        cases.add(new Case("terms: roots of sums in roots of sums", rootsOfSums()));
        cases.add(new Case("terms: great numbers that cancel", cancelling()));
        cases.add(new Case("regex: spaces between digits", "1" + " ".repeat(ANSWER_LENGTH) + "1"));
        cases.add(new Case("regex: a text that is not closed", "\\text{" + "x".repeat(ANSWER_LENGTH - 6)));
        cases.add(new Case("regex: a text of capital sigmas", "\\text{" + "Σ".repeat(ANSWER_LENGTH - 7) + "}"));
        cases.add(new Case("regex: thousands", filled("1", "\\,000", "", ANSWER_LENGTH)));
        cases.add(new Case("regex: a slash", "1" + "0".repeat(990) + "/" + "1".repeat(990)));
        cases.add(new Case("regex: one dollar", "x".repeat(140) + "$" + "x".repeat(140)));
        cases.add(new Case("regex: dollars", "$".repeat(290)));
        cases.add(new Case("regex: frac and sqrt", filled("", "fracsqrt", "", 290)));
        cases.add(new Case("regex: texts in texts", filled("", "\\text{\\overline{\\textbf{", "", 290)));
        cases.add(new Case("regex: an exponent", "1".repeat(280) + "e99999x"));
        cases.add(new Case("regex: answers", filled("", "Answer ", ":", 290)));
        return List.copyOf(cases);
    }

    /** Names of roots hold the names of the roots in them: three floors grow to millions of characters. */
    private static String rootsOfSums() {
        String letters = "a+b+c+d+f+g+h+j+k+l+m+n+o+p+q+r+s+t+u+v+w+y+z";
        String sum = "(" + letters + "+" + letters.toUpperCase(Locale.ROOT) + ")";
        String text = "\\sqrt{" + sum + "}";
        for (int floor = 0; floor < 3; floor++) {
            text = "\\sqrt{" + sum + text + "}" + sum;
        }
        return text;
    }

    /** Every product of two numbers of a thousand bits is 1. */
    private static String cancelling() {
        StringBuilder left = new StringBuilder("0");
        StringBuilder right = new StringBuilder("0");
        for (int i = 1; i <= 20; i++) {
            left.append("+2^{2000}x^{").append(i).append('}');
            right.append("+2^{-2000}x^{").append(i).append('}');
        }
        return "(" + left + ")(" + right + ")";
    }

    /** Two-letter pieces with the same hash make words with the same hash. */
    private static String collidingWords(int length) {
        StringBuilder text = new StringBuilder();
        for (int word = 0; text.length() < length; word++) {
            for (int bit = 0; bit < 18; bit++) {
                // "bb" and "cC" have one hash, but words are lower-cased; "b\u0081" and "cb" have one, too.
                text.append((word >> bit & 1) == 0 ? "b\u0081" : "cb");
            }
            text.append(' ');
        }
        return text.toString();
    }

    private static String filled(String before, String piece, String after, int length) {
        int rest = length - before.length() - after.length();
        return before + piece.repeat(Math.max(1, piece.length() > rest ? 1 : rest / piece.length())) + after;
    }

    private static int bytes(String piece) {
        return Math.max(1, piece.getBytes(StandardCharsets.UTF_8).length / piece.length());
    }

    private static String shown(String piece) {
        StringBuilder shown = new StringBuilder();
        piece.chars().forEach(c -> {
            if (c > ' ' && c < 127) {
                shown.append((char) c);
            } else {
                shown.append(String.format("<%04x>", c));
            }
        });
        return shown.toString();
    }
}
