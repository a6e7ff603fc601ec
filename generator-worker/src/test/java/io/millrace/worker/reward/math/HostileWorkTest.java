package io.millrace.worker.reward.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.worker.reward.HostileCorpus;
import io.millrace.worker.reward.math.MathEquality.Verdict;
import org.junit.jupiter.api.Test;

/** What comparing hostile answers costs, in counted steps. */
final class HostileWorkTest {
    /** The step that passes the limit is the last one; none costs more than one on the longest number. */
    private static final int STEPS_OVER_MAX = Work.BITS_MAX * Work.BITS_MAX / 1000 + 10;

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
}
