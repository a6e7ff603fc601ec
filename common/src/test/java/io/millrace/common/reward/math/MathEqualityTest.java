package io.millrace.common.reward.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.reward.Tables;
import io.millrace.common.reward.math.MathEquality.Verdict;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Value;
import io.millrace.common.reward.math.value.Work;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MathEqualityTest {
    private static Verdict judge(String given, String expected) {
        return MathEquality.judge(given, expected, new Work());
    }

    private static Verdict judgeWithin(Work work, String given, String expected) {
        Verdict verdict = MathEquality.judge(given, expected, work);
        // The step that passes the limit is the last one; none costs more than one on the longest number.
        assertTrue(
                work.steps() <= Work.STEPS_MAX + Work.BITS_MAX * Work.BITS_MAX / 1000 + 10,
                () -> work.steps() + " steps");
        return verdict;
    }

    @Test
    void theCorpusIsJudgedAsWritten() throws IOException {
        List<String[]> rows = Tables.rows("math-equality", 3);
        assertTrue(rows.size() >= 150, () -> rows.size() + " rows");
        List<String> wrong = new ArrayList<>();
        for (String[] row : rows) {
            boolean expected = row[0].equals("equal");
            assertTrue(expected || row[0].equals("different"), row[0]);
            if (MathEquality.equal(row[1], row[2]) != expected) {
                wrong.add(String.join(" | ", row));
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyReadableAnswerOfTheCorpusEqualsItself() throws IOException {
        for (String[] row : Tables.rows("math-equality", 3)) {
            if (row[0].equals("equal")) {
                assertTrue(MathEquality.equal(row[1], row[1]), row[1]);
                assertTrue(MathEquality.equal(row[2], row[2]), row[2]);
            }
        }
    }

    @Test
    void equalFractionsAreEqualInEveryNotation() {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            int over = random.nextInt(2001) - 1000;
            int under = 1 + random.nextInt(1000);
            int factor = 1 + random.nextInt(50);
            String plain = over + "/" + under;
            String latex = "\\frac{" + over * factor + "}{" + under * factor + "}";
            assertTrue(MathEquality.equal(latex, plain), latex + " " + plain);
            assertFalse(
                    MathEquality.equal("\\frac{" + (over * factor + 1) + "}{" + under * factor + "}", plain), plain);
        }
    }

    @Test
    void aSquareRootOfAProductIsTheProductOfRoots() {
        Random random = new Random(8);
        for (int i = 0; i < 200; i++) {
            int outside = 2 + random.nextInt(50);
            int inside = 2 + random.nextInt(500);
            String merged = "\\sqrt{" + outside * outside * inside + "}";
            String parted = outside + "\\sqrt{" + inside + "}";
            Work work = new Work();
            try {
                Value left = ScalarParser.parse(Lexer.tokens(merged), work).value();
                Value right = ScalarParser.parse(Lexer.tokens(parted), work).value();
                assertTrue(left.sameAs(right, work), merged + " " + parted);
            } catch (NotComparable e) {
                throw new AssertionError(merged + " " + parted, e);
            }
        }
    }

    @Test
    void towersOfPowersAreRefused() {
        for (String tower : List.of(
                "10^10^10",
                "10^{10^{10}}",
                "2^{2^{2^{2^{2^{2}}}}}",
                "9999999999^{9999999999}",
                "10^{-99999999999999}",
                "(x+y+z)^{1000000}",
                "(x+1)^{21}",
                "x^{999999999999}",
                "0.5^{100000}")) {
            assertEquals(Verdict.TOO_LARGE, judgeWithin(new Work(), tower, "5"), tower);
        }
    }

    @Test
    void aRefusedTextStillEqualsItself() {
        assertEquals(Verdict.EQUAL, judge("10^{10^{10}}", "10^{10^{10}}"));
    }

    @Test
    void aHundredKilobytesAreRefusedUnread() {
        for (String piece :
                List.of("{", "}", "(", "9", "\\frac", "\\frac{1}{", "\\sqrt{", "-", ",", "\\text{", "$", " ")) {
            Work work = new Work();
            String text = piece.repeat(100_000 / piece.length());
            assertEquals(Verdict.TOO_LARGE, judgeWithin(work, text, "5"), piece);
            assertEquals(Verdict.TOO_LARGE, judgeWithin(work, "5", text), piece);
            assertEquals(0, work.steps(), piece);
        }
    }

    @Test
    void nestingBeyondTheLimitIsRefusedBeforeTheStackEnds() {
        for (String[] ends :
                new String[][] {{"\\frac{1}{", "}"}, {"\\sqrt{", "}"}, {"(", ")"}, {"1+(", ")"}, {"x^{", "}"}}) {
            int count = 190;
            String text = ends[0].repeat(count) + "2" + ends[1].repeat(count);
            assertEquals(Verdict.TOO_LARGE, judgeWithin(new Work(), text, "5"), ends[0]);
        }
    }

    @Test
    void whateverFillsTheTextLimitEndsWithinTheSteps() {
        for (String piece : List.of(
                "{",
                "}",
                "(",
                "9",
                "\\frac",
                "\\sqrt{",
                "-",
                ",",
                "\\text{",
                "x",
                "x+",
                "(x+y)",
                "\\sqrt{899}",
                "1,",
                "=",
                "\\pm",
                "^",
                "_",
                "\\cup",
                "\\{",
                "\\sqrt{99991}+",
                "\\frac1",
                "a^{1/7}",
                "9^{999}",
                "3^{6000}/7^{3000}+",
                "1.37^{999}x+",
                "{1,",
                "\\sqrt2+",
                "x_1+x_2+",
                "\\sqrt{9999999967}+",
                "1/(x+1)+",
                "cm ",
                "%",
                "\\text{m}")) {
            String text = piece.repeat(MathEquality.TEXT_LENGTH_MAX / piece.length());
            assertFalse(judgeWithin(new Work(), text, "5") == Verdict.EQUAL, piece);
            assertFalse(judgeWithin(new Work(), text + "1", "x+5") == Verdict.EQUAL, piece);
        }
    }

    @Test
    void randomTextNeverBreaksTheJudge() {
        List<String> pieces = List.of(
                "\\frac", "\\sqrt", "{", "}", "(", ")", "[", "]", "\\{", "\\}", "1", "23", "0", ".", ",", "x", "ab",
                "\\pi", "\\pm", "^", "_", "=", "+", "-", "/", "\\cdot", "\\text{", "\\cup", "%", " ", "$", "\\", "cm",
                "\\infty");
        Random random = new Random(9);
        for (int i = 0; i < 20_000; i++) {
            String given = random(pieces, random);
            String expected = random(pieces, random);
            judgeWithin(new Work(), given, expected);
            assertFalse(judge(given, given) == Verdict.DIFFERENT && judge(given, expected) == Verdict.EQUAL, given);
        }
    }

    private static String random(List<String> pieces, Random random) {
        return IntStream.range(0, 1 + random.nextInt(12))
                .mapToObj(i -> pieces.get(random.nextInt(pieces.size())))
                .collect(Collectors.joining());
    }

    @Test
    void tooManySummandsAreRefused() {
        String text = IntStream.range(0, 150).mapToObj(i -> "x_" + i).collect(Collectors.joining("+"));
        assertEquals(Verdict.TOO_LARGE, judgeWithin(new Work(), text, "x+5"));
    }

    @Test
    void tooManyElementsAreRefused() {
        assertEquals(Verdict.TOO_LARGE, judgeWithin(new Work(), "1;".repeat(150) + "1", "1,2"));
    }

    @Test
    void aRootWithUnknownFactorsIsRefused() {
        assertEquals(Verdict.TOO_LARGE, judgeWithin(new Work(), "\\sqrt{1000000000000000000000000000057}", "5"));
    }

    @Test
    void aDivisionByZeroHasNoValue() {
        NotComparable refusal =
                assertThrows(NotComparable.class, () -> ScalarParser.parse(Lexer.tokens("1/(x-x)"), new Work()));
        assertEquals(NotComparable.Reason.UNDEFINED, refusal.reason());
    }
}
