package io.millrace.common.reward.slime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.reward.HostileCorpus;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What it costs to say what slime would of a hostile answer, in counted steps. */
final class HostileSlimeWorkTest {
    /** The step that passes the limit is the last one: a text as long as one may be, or one on the longest number. */
    private static final int STEPS_OVER_MAX = Work.BITS_MAX * Work.BITS_MAX / 1000 + 10;

    private static final List<String> EXPECTED =
            List.of("5", "x+5", "\\frac{1}{2}", "(1,2)", "yes", "\\sqrt{2}", "0.5");

    /** Whether it is the same; false where the work was too much. */
    private static boolean isSame(String given, String expected, Work work) {
        try {
            return SlimeMath.isSame(given, expected, work);
        } catch (NotComparable e) {
            assertEquals(NotComparable.Reason.LIMIT, e.reason(), given);
            return false;
        } finally {
            assertTrue(work.steps() <= Work.STEPS_MAX + STEPS_OVER_MAX, () -> work.steps() + " steps: " + given);
        }
    }

    @Test
    void aHostileAnswerEndsWithinTheSteps() {
        for (HostileCorpus.Case hostile : HostileCorpus.answers()) {
            for (String expected : EXPECTED) {
                isSame(hostile.text(), expected, new Work());
                isSame(expected, hostile.text(), new Work());
            }
            // Against itself and one more: all of both is read.
            assertFalse(isSame(hostile.text(), hostile.text() + "+1", new Work()), hostile.name());
        }
    }

    @Test
    void whatIsTooLongCostsNoStep() {
        Work work = new Work();
        assertFalse(isSame("9".repeat(SlimeMath.TEXT_LENGTH_MAX + 1), "9".repeat(SlimeMath.TEXT_LENGTH_MAX + 1), work));
        assertEquals(0, work.steps());
    }
}
