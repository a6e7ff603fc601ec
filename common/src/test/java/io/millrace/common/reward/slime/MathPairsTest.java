package io.millrace.common.reward.slime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.reward.Tables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The corpus of scripts/make-math-pairs, whose verdicts are those of slime over the real sympy and pylatexenc. */
final class MathPairsTest {
    private static final int PAIRS_MIN = 5_000;
    private static final double SHARE_MIN = 0.995;
    private static final int SHOWN_OF_A_KIND = Integer.getInteger("millrace.pairs.shown", 5);

    @Test
    void mathSaysWhatSlimeSays() throws IOException {
        List<String[]> rows = Tables.rows("math-pairs", 4);
        assertTrue(rows.size() >= PAIRS_MIN, () -> rows.size() + " pairs");
        Map<String, List<String>> different = new TreeMap<>();
        int same = 0;
        for (String[] row : rows) {
            boolean said = SlimeMath.isRight(row[2], row[3]);
            if (said == row[0].equals("1")) {
                same++;
            } else {
                different
                        .computeIfAbsent(
                                row[1] + (said ? ", right here" : ", right in slime"), kind -> new ArrayList<>())
                        .add(row[2] + "   against   " + row[3]);
            }
        }
        String summary = same + " of " + rows.size() + " as in slime";
        System.out.println("math: " + summary);
        different.forEach((kind, pairs) -> {
            System.out.println("  " + kind + ": " + pairs.size());
            pairs.stream().limit(SHOWN_OF_A_KIND).forEach(pair -> System.out.println("    " + pair));
        });
        assertTrue(same >= SHARE_MIN * rows.size(), summary);
    }
}
