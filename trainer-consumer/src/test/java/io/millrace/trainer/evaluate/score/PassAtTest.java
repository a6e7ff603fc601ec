package io.millrace.trainer.evaluate.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class PassAtTest {
    /** All choices of k of n samples, of which the first so many pass. */
    private static double byCounting(int n, int passed, int k) {
        long choices = 0;
        long withPass = 0;
        for (int chosen = 0; chosen < 1 << n; chosen++) {
            if (Integer.bitCount(chosen) == k) {
                choices++;
                withPass += (chosen & ((1 << passed) - 1)) != 0 ? 1 : 0;
            }
        }
        return (double) withPass / choices;
    }

    @Test
    void theEstimateIsTheShareOfChoicesWithAPass() {
        for (int n = 1; n <= 12; n++) {
            for (int passed = 0; passed <= n; passed++) {
                for (int k = 1; k <= n; k++) {
                    assertEquals(
                            byCounting(n, passed, k),
                            PassAt.estimate(n, passed, k),
                            1e-12,
                            "n " + n + " passed " + passed + " k " + k);
                }
            }
        }
    }

    @Test
    void powersOfTwoAndAllSamplesAreReported() {
        assertEquals(List.of(1), List.copyOf(PassAt.reported(1)));
        assertEquals(List.of(1, 2, 4, 8), List.copyOf(PassAt.reported(8)));
        assertEquals(List.of(1, 2, 4, 8, 12), List.copyOf(PassAt.reported(12)));
    }
}
