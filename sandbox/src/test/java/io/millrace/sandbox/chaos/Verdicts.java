package io.millrace.sandbox.chaos;

import io.millrace.sandbox.oracle.Verdict;
import io.millrace.sandbox.oracle.account.Finding;
import java.util.List;
import java.util.Map;

/** Verdicts for the tests: 20 results, 4 of them repeated, two steps of one lineage. */
final class Verdicts {
    private Verdicts() {}

    static Verdict of(
            long admitted,
            long trained,
            Map<String, Long> discarded,
            long abandoned,
            long forgotten,
            List<Finding> findings) {
        return new Verdict(
                admitted,
                trained,
                discarded,
                abandoned,
                forgotten,
                0,
                0,
                0,
                0,
                2,
                List.of(new Verdict.LineageFigures(0, 0, 2, 0, 20)),
                1,
                3,
                20,
                5,
                4,
                0,
                0,
                new Verdict.EvaluationFigures(2, 1, 1),
                90,
                10,
                5,
                0,
                findings,
                findings.size());
    }
}
