package io.millrace.trainer.evaluate.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.DataSetReport;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.trainer.evaluate.score.EvaluationLog.Fate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EvaluationLogTest {
    private static final Lineage LINEAGE = new Lineage(0);
    private static final WeightVersion VERSION = new WeightVersion(3);

    private final EvaluationLog log = new EvaluationLog();

    private static EvalDataSet dataSet(String name, int samples) {
        return new EvalDataSet(name, name + ".jsonl", samples, 1.0, null, null, null, null, null);
    }

    private static EvalRecord.Request request(String id, EvalDataSet... dataSets) {
        return new EvalRecord.Request(id, LINEAGE, VERSION, 0, List.of(dataSets), 1_000, 500);
    }

    private static EvalRecord.Issued issued(String id, long first, Integer... groups) {
        return new EvalRecord.Issued(id, new GroupIndex(first), List.of(groups), LINEAGE, VERSION, 1_100);
    }

    private static GroupScore score(long index, int truncated, long tokens, long oldest, double... rewards) {
        return new GroupScore(
                new GroupIndex(index),
                rewards,
                truncated,
                tokens,
                new WeightVersion(oldest),
                new WeightVersion(oldest + 1));
    }

    private Evaluation one() {
        return log.all().iterator().next();
    }

    private List<DataSetReport> report() {
        return one().report(1_400, Map.of()).dataSets();
    }

    @Test
    void aReportAddsUpEachDataSetByItself() {
        log.accept(request("e", dataSet("a", 2), dataSet("b", 1)));
        log.accept(issued("e", 10, 2, 1));
        assertEquals(Fate.COUNTED, log.finished(score(10, 1, 30, 5, 1, 0), 0, 0));
        assertEquals(Fate.COUNTED, log.givenUp(new GroupIndex(11), "3 attempts failed", 0, 1));
        assertFalse(one().isDue(400));
        assertEquals(Fate.COUNTED, log.finished(score(12, 0, 7, 4, 0.5), 0, 2));
        assertTrue(one().isDue(400));
        DataSetReport a = report().getFirst();
        assertEquals(
                new DataSetReport(
                        "a",
                        2,
                        1,
                        1,
                        0,
                        2,
                        0.5,
                        Map.of(1, 0.5, 2, 1.0),
                        0.5,
                        15.0,
                        30,
                        new WeightVersion(5),
                        new WeightVersion(6),
                        List.of("3 attempts failed")),
                a);
        DataSetReport b = report().getLast();
        assertEquals(0.5, b.meanReward());
        assertEquals(Map.of(1, 0.0), b.passAt(), "0.5 is below the reward that passes");
    }

    @Test
    void ofEachGroupTheFirstThingCounts() {
        log.accept(request("e", dataSet("a", 1)));
        log.accept(issued("e", 0, 2));
        assertEquals(Fate.COUNTED, log.finished(score(0, 0, 1, 0, 1), 0, 0));
        assertEquals(Fate.LATE, log.finished(score(0, 0, 1, 0, 0), 0, 1));
        assertEquals(Fate.LATE, log.givenUp(new GroupIndex(0), "late", 0, 2));
        assertTrue(log.isSettled(new GroupIndex(0)));
        assertFalse(log.isSettled(new GroupIndex(1)));
        assertEquals(1.0, report().getFirst().meanReward());
    }

    @Test
    void aResultWithAnotherNumberOfSamplesCountsAsFailed() {
        log.accept(request("e", dataSet("a", 2)));
        log.accept(issued("e", 0, 1));
        log.finished(score(0, 0, 1, 0, 1), 0, 0);
        DataSetReport report = report().getFirst();
        assertEquals(List.of("a result has 1 samples, 2 were asked for"), report.causes());
        assertEquals(1, report.failed());
        assertNull(report.meanReward());
    }

    @Test
    void whatIsMissingWhenTheTimeIsUpIsSaid() {
        log.accept(request("e", dataSet("a", 1)));
        log.accept(issued("e", 0, 3));
        log.finished(score(0, 0, 1, 0, 1), 0, 0);
        assertFalse(one().isDue(499));
        assertTrue(one().isDue(500));
        assertEquals(2, report().getFirst().missing());
        log.accept(one().report(1_500, Map.of()));
        assertEquals(Evaluation.State.EXPIRED, one().status().state());
        assertEquals(Fate.LATE, log.finished(score(1, 0, 1, 0, 1), 0, 5));
        assertFalse(one().isDue(9_999));
    }

    /** Topics run apart: whatever comes first, the report is the same, and repeated records change nothing. */
    @Test
    void theOrderOfTopicsDoesNotMatter() {
        List<DataSetReport> expected = null;
        for (int seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            EvaluationLog one = new EvaluationLog();
            List<Runnable> records = new ArrayList<>(List.of(
                    () -> one.accept(request("e", dataSet("a", 1), dataSet("b", 1))),
                    () -> one.accept(issued("e", 0, 4, 3))));
            List<Runnable> results = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                int index = i;
                results.add(() -> one.finished(score(index, index % 2, index, index, index), 0, index));
                results.add(() -> one.finished(score(index, index % 2, index, index, index), 0, 100 + index));
            }
            while (!records.isEmpty() || !results.isEmpty()) {
                boolean result = records.isEmpty() || (!results.isEmpty() && random.nextBoolean());
                (result ? results.remove(random.nextInt(results.size())) : records.removeFirst()).run();
            }
            Evaluation evaluation = one.all().iterator().next();
            assertTrue(evaluation.isDue(1), "seed " + seed);
            List<DataSetReport> report = evaluation.report(1_001, Map.of()).dataSets();
            expected = expected == null ? report : expected;
            assertEquals(expected, report, "seed " + seed);
        }
    }

    @Test
    void aRestartReadsResultsFromTheFirstThatAnOpenEvaluationNeeds() {
        log.accept(request("done", dataSet("a", 1)));
        log.accept(issued("done", 0, 1));
        log.accept(request("open", dataSet("a", 1)));
        log.accept(issued("open", 1, 2));
        log.finished(score(0, 0, 1, 0, 1), 0, 3);
        log.finished(score(1, 0, 1, 0, 1), 1, 4);
        log.finished(score(9, 0, 1, 0, 1), 1, 2);
        assertEquals(
                Map.of(0, 8L, 1, 2L, 2, 5L),
                log.resultsFrom("done", Map.of(0, 8L, 1, 9L, 2, 6L), Map.of(2, 5L)),
                "partition 0 to its position, 1 to the one that came before its tasks' record, 2 to its first part");
    }

    @Test
    void endedEvaluationsAreForgottenAtSomePointAndOpenOnesNever() {
        log.accept(request("open", dataSet("a", 1)));
        for (int i = 0; i <= EvalRecord.ENDED_KNOWN_MAX + 1; i++) {
            log.accept(request("e" + i, dataSet("a", 1)));
            log.accept(new EvalRecord.Failed("e" + i, "no such file", 1_200));
        }
        log.accept(request("newest", dataSet("a", 1)));
        assertTrue(log.knows("open"));
        assertFalse(log.knows("e0"));
        assertEquals(2, log.open());
    }

    @Test
    void whatIsCancelledTakesNoResultsAndIsNeverDue() {
        log.accept(request("e", dataSet("a", 1)));
        log.accept(issued("e", 0, 2));
        assertEquals(Fate.COUNTED, log.finished(score(0, 0, 1, 0, 1), 0, 0));
        log.accept(new EvalRecord.Cancelled("e", 1_200));
        assertEquals(Fate.LATE, log.finished(score(1, 0, 1, 0, 1), 0, 1));
        assertFalse(one().isDue(9_999));
        assertEquals(0, log.open());
        assertEquals(Evaluation.State.CANCELLED, one().status().state());
    }
}
