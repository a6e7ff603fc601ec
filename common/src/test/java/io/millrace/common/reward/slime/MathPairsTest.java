package io.millrace.common.reward.slime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.reward.Tables;
import io.millrace.common.reward.math.AnswerText;
import io.millrace.common.reward.math.MathEquality;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The corpus of scripts/make-math-pairs, whose verdicts are those of slime over the real sympy and pylatexenc. */
final class MathPairsTest {
    private static final int PAIRS_MIN = 5_000;
    private static final double SHARE_MIN = 0.995;
    private static final int SHOWN_OF_A_KIND = Integer.getInteger("millrace.pairs.shown", 3);

    /** How often it is as in slime is said, with the pairs that are not; for docs/REWARDS.md. */
    private static int agreeing(String name, List<String[]> rows, BiPredicate<String, String> reward) {
        Map<String, List<String>> different = new TreeMap<>();
        int same = 0;
        for (String[] row : rows) {
            boolean said = reward.test(row[2], row[3]);
            if (said == row[0].equals("1")) {
                same++;
            } else {
                different
                        .computeIfAbsent(
                                row[1] + (said ? ", right here" : ", right in slime"), kind -> new ArrayList<>())
                        .add(row[2] + "   against   " + row[3]);
            }
        }
        System.out.println(name + ": " + same + " of " + rows.size() + " as in slime");
        different.forEach((kind, pairs) -> {
            System.out.println("  " + kind + ": " + pairs.size());
            pairs.stream().limit(SHOWN_OF_A_KIND).forEach(pair -> System.out.println("    " + pair));
        });
        return same;
    }

    @Test
    void mathSaysWhatSlimeSays() throws IOException {
        List<String[]> rows = Tables.rows("math-pairs", 4);
        assertTrue(rows.size() >= PAIRS_MIN, () -> rows.size() + " pairs");
        int same = agreeing("math", rows, SlimeMath::isRight);
        assertTrue(same >= SHARE_MIN * rows.size(), () -> same + " of " + rows.size() + " as in slime");
        agreeing("math-equal", rows, MathPairsTest::isEqual);
    }

    /** The table of docs/REWARDS.md: a response, a label, the value, and why. */
    @Test
    void theDocumentsExamplesAreJudgedAsItSays() throws IOException {
        Pattern row = Pattern.compile("\\| (`.+`) \\| `(.+)` \\| ([01]) \\| .+ \\|");
        int examples = 0;
        for (String line : Files.readAllLines(Path.of("..", "docs", "REWARDS.md"))) {
            Matcher matcher = row.matcher(line);
            if (matcher.matches()) {
                for (String response : matcher.group(1).split("`, `", -1)) {
                    assertEquals(
                            matcher.group(3).equals("1"),
                            SlimeMath.isRight(response.replace("`", ""), matcher.group(2)),
                            line);
                    examples++;
                }
            }
        }
        assertTrue(examples >= 10, examples + " examples");
    }

    private static boolean isEqual(String response, String label) {
        Optional<String> given = AnswerText.of(response);
        Optional<String> expected = AnswerText.of(label);
        return given.isPresent() && expected.isPresent() && MathEquality.equal(given.get(), expected.get());
    }
}
