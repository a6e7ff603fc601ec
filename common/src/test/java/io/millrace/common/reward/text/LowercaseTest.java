package io.millrace.common.reward.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LowercaseTest {
    /** A pass takes some ten milliseconds; what is quadratic in megabytes takes hours. */
    private static final Duration END = Duration.ofMinutes(1);

    @Test
    void everyCharacterIsAsJavaHasIt() {
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            String text = Character.toString(point);
            assertEquals(
                    text.toLowerCase(Locale.ROOT),
                    Lowercase.of(text),
                    () -> text.codePoints().boxed().toList().toString());
        }
    }

    @Test
    void aSigmaAtTheEndOfAWordIsAsPythonHasIt() {
        Map<String, String> table = Map.ofEntries(
                Map.entry("Σ", "σ"),
                Map.entry("ΑΣ", "ας"),
                Map.entry("ΑΣΑ", "ασα"),
                Map.entry("ΣΣ", "σς"),
                Map.entry("ΑΣ ΣΑ", "ας σα"),
                Map.entry("ΑΣ.ΣΑ", "ασ.σα"),
                Map.entry("ΑΣ'", "ας'"),
                Map.entry("Α'Σ", "α'ς"),
                Map.entry("1Σ", "1σ"),
                Map.entry("ΑΣ1Α", "ας1α"),
                Map.entry("Α\u0301Σ\u0301", "α\u0301ς\u0301"),
                Map.entry("Α\u0301Σ\u0301Α", "α\u0301σ\u0301α"),
                Map.entry("ΑΣ\u200dΑ", "ασ\u200dα"),
                Map.entry("\u02b0Σ", "\u02b0σ"),
                Map.entry("ΑΣ\ud83d", "ας\ud83d"));
        table.forEach((text, lower) -> assertEquals(lower, Lowercase.of(text), text));
    }

    @Test
    void megabytesOfCapitalSigmasTakeOnePass() {
        String text = "Σ".repeat(1_000_000) + "\u0301".repeat(1_000_000);
        String lower = assertTimeoutPreemptively(END, () -> Lowercase.of(text));
        assertEquals("σ".repeat(999_999) + "ς" + "\u0301".repeat(1_000_000), lower);
    }
}
