package io.millrace.common.reward.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where in a text the answer stands. */
class AnswerTextTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            5 | 5
            $\\frac{1}{2}$ | $\\frac{1}{2}$
            first \\boxed{4}, then \\boxed{5} | 5
            $\\boxed{1}$ and $\\boxed{2}$ | 1, 2
            \\boxed{1}, \\boxed{2} \\quad \\text{or} \\quad \\boxed{3} | 1, 2, 3
            \\fbox{7} | 7
            The set is $[1, 2)$. | [1, 2)
            Either \\(x=1\\) and \\(x=2\\) solve it. | x=1, x=2
            We try 7 and 9. The answer is 12. It took long. | 12
            The final answer is $28\\%$ of 50 people. | 28\\%
            We have $n = 90$. Therefore there are 12 of them. | 12
            So it costs 1,250 dollars | 1,250
            \\boxed{255} so $3$. Final Answer: The final answer is $10$. | 10
            """)
    void theAnswerIsFound(String text, String answer) {
        // Behind the answer may stand what only says what was counted.
        String found = AnswerText.of(text).orElseThrow();
        assertTrue(found.equals(answer) || MathEquality.equal(found, answer), found);
    }

    @Test
    void anOpenBoxIsNoAnswer() {
        assertEquals(Optional.empty(), AnswerText.of("\\boxed{5} then \\boxed{4"));
        assertEquals(Optional.empty(), AnswerText.of("\\boxed"));
    }

    /** One pass over the end of it, whatever stands there. */
    @Test
    void aHugeTextIsReadFromItsEnd() {
        for (String piece :
                new String[] {"$", "$$", "\\[", "\\(", "answer ", "1 ", "\\boxed{1}", "\\boxed{", "and ", "{", "a. A"
                }) {
            String text = piece.repeat(1_000_000 / piece.length());
            AnswerText.of(text).ifPresent(answer -> assertTrue(answer.length() <= text.length()));
        }
        assertEquals(Optional.of("5"), AnswerText.of("$x$ ".repeat(100_000) + "The answer is $5$."));
    }
}
