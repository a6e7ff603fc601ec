package io.millrace.common.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LabelRuleTest {
    private static String refusal(LabelRule rule, @Nullable String label) {
        LabelException refused = assertThrows(LabelException.class, () -> rule.read(label));
        assertEquals(label == null || label.isBlank(), refused.isMissing());
        return String.valueOf(refused.getMessage());
    }

    @Test
    void dapoComparesWithTheIntegerThatSlimeWrites() throws Exception {
        assertEquals("12", LabelRule.NUMBER.read("$12.9$"));
        assertEquals("0", LabelRule.NUMBER.read("-0.0"));
        assertEquals("1500", LabelRule.NUMBER.read("x = 1.5e3"));
        assertEquals("9007199254740993", LabelRule.NUMBER.read("9007199254740993"));
        for (String bad : List.of("three", "1/2", "1e309", "9".repeat(1001))) {
            refusal(LabelRule.NUMBER, bad);
        }
    }

    @Test
    void mathComparesWithWhatIsBoxedOrWithTheText() throws Exception {
        assertEquals("5", LabelRule.ANSWER.read("so \\boxed{5}"));
        assertEquals("\\frac{1}{2}", LabelRule.ANSWER.read("\\frac{1}{2}"));
        assertEquals("9".repeat(2000), LabelRule.ANSWER.read("9".repeat(2000)));
        refusal(LabelRule.ANSWER, "\\boxed{5");
        refusal(LabelRule.ANSWER, "9".repeat(2001));
    }

    @Test
    void f1ComparesWithAnyTextThatIsNoBook() throws Exception {
        assertEquals("the", LabelRule.TEXT.read("the"));
        assertEquals(100_000, LabelRule.TEXT.read("x".repeat(100_000)).length());
        refusal(LabelRule.TEXT, "x".repeat(100_001));
    }

    @Test
    void aMissingLabelIsToldApartAndOneThatComparesWithNoneTakesAny() throws Exception {
        for (LabelRule rule : List.of(LabelRule.NUMBER, LabelRule.ANSWER, LabelRule.TEXT)) {
            for (@Nullable String none : Arrays.asList(null, "", " \n")) {
                refusal(rule, none);
            }
        }
        assertEquals("", LabelRule.NONE.read(null));
        assertEquals("", LabelRule.NONE.read("three"));
    }

    @Test
    void whatIsSaidOfALongLabelIsShort() {
        String said = refusal(LabelRule.NUMBER, "many words ".repeat(80));
        assertTrue(said.startsWith("it needs a label that is a number, got: many words"), said);
        assertFalse(said.length() > 200, said);
    }
}
