package io.millrace.common.reward.math;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.reward.HostileCorpus;
import io.millrace.common.reward.math.MathEquality.Verdict;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What comparing hostile answers costs, in counted steps. */
final class HostileWorkTest {
    /** The step that passes the limit is the last one; none costs more than one on the longest number. */
    private static final int STEPS_OVER_MAX = Work.BITS_MAX * Work.BITS_MAX / 1000 + 10;

    /** A pass takes milliseconds; what is quadratic in these lengths takes hours. */
    private static final Duration END = Duration.ofMinutes(1);

    @Test
    void aHostileAnswerEndsWithinTheSteps() {
        for (HostileCorpus.Case hostile : HostileCorpus.answers()) {
            for (String expected : new String[] {"5", "x+5", "\\frac{1}{2}", "(1,2)", "yes"}) {
                for (boolean swapped : new boolean[] {false, true}) {
                    Work work = new Work();
                    Verdict verdict = swapped
                            ? MathEquality.judge(expected, hostile.text(), work)
                            : MathEquality.judge(hostile.text(), expected, work);
                    assertNotEquals(Verdict.EQUAL, verdict, hostile.name());
                    assertTrue(
                            work.steps() <= Work.STEPS_MAX + STEPS_OVER_MAX,
                            () -> hostile.name() + ": " + work.steps() + " steps");
                    assertTrue(
                            verdict == Verdict.TOO_LARGE || work.steps() <= Work.STEPS_MAX,
                            () -> hostile.name() + " was judged past the limit");
                }
            }
        }
    }

    @Test
    void whatIsTooLongCostsNoStep() {
        for (HostileCorpus.Case hostile : HostileCorpus.cases()) {
            if (hostile.text().length() > MathEquality.TEXT_LENGTH_MAX) {
                Work work = new Work();
                assertEquals(Verdict.TOO_LARGE, MathEquality.judge(hostile.text(), "5", work), hostile.name());
                assertEquals(0, work.steps(), hostile.name());
            }
        }
    }

    @Test
    void spacesAreLeftOutInOnePass() {
        String spaces = " ".repeat(1_000_000);
        assertEquals(
                "1" + spaces + "1",
                assertTimeoutPreemptively(END, () -> MathdNormalizer.normalize("1" + spaces + "1" + spaces)));
    }

    @Test
    void aTextThatIsNotClosedIsLookedAtOnce() {
        String texts = "\\text{x".repeat(200_000) + "}";
        assertEquals(
                399_999,
                assertTimeoutPreemptively(END, () -> Lexer.tokens(texts)).size());
    }

    @Test
    void bracesAroundItAllCostAStepForEachToken() {
        int braces = 990;
        List<Token> tokens = Lexer.tokens("{".repeat(braces) + "5" + "}".repeat(braces));
        Work work = new Work();
        Answer answer = assertDoesNotThrow(() -> new AnswerReader(work, false).read(tokens));
        assertEquals(Answer.Scalar.class, answer.getClass());
        assertTrue(work.steps() >= tokens.size(), () -> work.steps() + " steps for " + tokens.size() + " tokens");

        List<Token> tooMany = Lexer.tokens("{".repeat(1_000_000) + "5" + "}".repeat(1_000_000));
        NotComparable refusal = assertTimeoutPreemptively(
                END, () -> assertThrows(NotComparable.class, () -> new AnswerReader(new Work(), false).read(tooMany)));
        assertEquals(NotComparable.Reason.LIMIT, refusal.reason());
    }
}
