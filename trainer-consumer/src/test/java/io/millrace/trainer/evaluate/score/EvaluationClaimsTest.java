package io.millrace.trainer.evaluate.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord.Missing.Why;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.evaluate.score.EvaluationLog.Fate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Receipts of evaluations whose results stand, stand no more, or are only not read yet. */
class EvaluationClaimsTest {
    private static final long LIMIT = 1_000;

    private final EvaluationLog log = new EvaluationLog();
    private final Claims claims = new Claims(log, LIMIT);
    private final EvaluationClaims ofEvaluations = new EvaluationClaims(log, claims);

    private void accept(EvalRecord record) {
        log.accept(record);
        ofEvaluations.evaluationsChanged(0);
    }

    private void issued(String id, long first, int groups) {
        accept(new EvalRecord.Request(
                id,
                new Lineage(0),
                new WeightVersion(0),
                0,
                List.of(new EvalDataSet("d", "d.jsonl", 1, 1, null, null, null, null, null)),
                0,
                1_000));
        accept(new EvalRecord.Issued(
                id, new GroupIndex(first), List.of(groups), new Lineage(0), new WeightVersion(0), 0));
    }

    private void claim(long group, long attempt, Long... offsets) {
        Receipt receipt = new Receipt(
                new GroupIndex(group),
                new Attempt(attempt),
                new WorkerIncarnation("w", "1"),
                1,
                1,
                1,
                1,
                new Receipt.Success(0, Arrays.asList(offsets), new RewardStats(0, 0)));
        assertTrue(ofEvaluations.claimed(receipt, 0, 0));
    }

    private Fate finished(long group, long offset) {
        GroupScore score = new GroupScore(
                new GroupIndex(group), new double[] {1}, 0, 1, new WeightVersion(0), new WeightVersion(0));
        return log.finished(score, 0, offset);
    }

    private static EvalRecord.Missing missing(String id, long group, long attempt, Why why, Long... offsets) {
        return new EvalRecord.Missing(id, new GroupIndex(group), new Attempt(attempt), 0, Arrays.asList(offsets), why);
    }

    /** The partition is read to before this offset; what is found is put on record, and taken in. */
    private List<EvalRecord.Missing> readTo(long position) {
        List<EvalRecord.Missing> found = ofEvaluations.records(claims.readTo(0, position));
        found.forEach(this::accept);
        return found;
    }

    @Test
    void whatHasComeOrIsNotReadYetIsNotMissing() {
        issued("e", 0, 3);
        finished(0, 5);
        claim(0, 1, 5L);
        claim(1, 1, 6L);
        claim(2, 1, 7L);
        assertEquals(List.of(), readTo(6));
        finished(1, 6);
        assertEquals(List.of(missing("e", 2, 1, Why.NOT_THERE, 7L)), readTo(8));
        assertEquals(List.of(), readTo(9), "said once");
    }

    @Test
    void whatLiesBehindTheEndIsMissingAfterTheLimitOnly() {
        issued("e", 0, 1);
        claim(0, 1, 5L);
        assertEquals(List.of(), claims.endsAt(0, 5, LIMIT - 1));
        assertEquals(List.of(), claims.endsAt(0, 6, LIMIT), "it is there, and only not read yet");
        assertEquals(
                List.of(missing("e", 0, 1, Why.BEYOND_END, 5L)), ofEvaluations.records(claims.endsAt(0, 5, LIMIT)));
    }

    @Test
    void aReceiptThatComesBeforeItsTasksRecordIsJudgedWithIt() {
        claim(1, 1, 5L);
        claim(0, 1, 4L);
        finished(0, 4);
        assertEquals(List.of(), readTo(6), "whose group it is, is not known");
        issued("e", 0, 2);
        assertEquals(List.of(missing("e", 1, 1, Why.NOT_THERE, 5L)), readTo(6));
        assertEquals(Map.of(0, 4L), log.all().iterator().next().firstOffsets());
    }

    @Test
    void aRestartAsksForNothingThatIsOnRecord() {
        issued("e", 0, 1);
        accept(missing("e", 0, 1, Why.NOT_THERE, 5L));
        claim(0, 1, 5L);
        assertEquals(List.of(), readTo(9));
        claim(0, 2, 9L);
        assertEquals(List.of(missing("e", 0, 2, Why.NOT_THERE, 9L)), readTo(10), "another attempt is another claim");
    }

    /** Its other attempt is on its way; whichever comes first counts. */
    @Test
    void aResultThatTurnsUpLateIsAResultLikeAnyOther() {
        issued("e", 0, 1);
        claim(0, 1, 5L);
        assertEquals(1, readTo(6).size());
        assertFalse(log.isSettled(new GroupIndex(0)));
        assertEquals(Fate.COUNTED, finished(0, 7));
        claim(0, 2, 9L);
        assertEquals(List.of(), readTo(20), "the group has ended");
        assertEquals(Fate.LATE, finished(0, 9));
    }

    @Test
    void aMarkerThatIsGoneIsMissingByTheNumberOfItsReceipt() {
        issued("e", 0, 2);
        ofEvaluations.claimed(Receipt.abandoned(new GroupIndex(0), new Attempt(4), 0, 5), 0, 0);
        ofEvaluations.claimed(Receipt.abandoned(new GroupIndex(1), new Attempt(4), 0, 6), 1, 0);
        log.givenUp(new GroupIndex(1), "3 attempts failed", 0, 6);
        assertEquals(List.of(missing("e", 0, 4, Why.NOT_THERE, 5L)), readTo(7));
    }

    @Test
    void nothingIsAskedForOfAnEvaluationThatHasEnded() {
        issued("cancelled", 0, 1);
        issued("reported", 1, 1);
        issued("open", 2, 1);
        claim(0, 1, 5L);
        claim(1, 1, 6L);
        claim(2, 1, 7L);
        accept(new EvalRecord.Cancelled("cancelled", 1));
        accept(new EvalRecord.Report(
                "reported", new Lineage(0), new WeightVersion(0), false, 0, 1, List.of(), Map.of()));
        assertEquals(List.of(missing("open", 2, 1, Why.NOT_THERE, 7L)), readTo(9));
        accept(missing("cancelled", 0, 1, Why.NOT_THERE, 5L));
        assertFalse(log.isOver(new GroupIndex(0), new Attempt(1)));
    }

    private Optional<GroupIndex> leftOut() {
        return ofEvaluations.leftOut().map(Receipt::groupIndex);
    }

    /** Reports say that results of open evaluations begin at 10, and the log has lost its end and given out 5 again. */
    @Test
    void aReceiptOfAResultBelowWhereResultsAreReadIsNoticed() {
        issued("ended", 0, 1);
        accept(new EvalRecord.Cancelled("ended", 1));
        issued("open", 1, 3);
        claim(1, 1, 5L);
        assertEquals(Optional.empty(), leftOut(), "where they are read from is chosen with it");
        ofEvaluations.readFrom(Map.of(0, 4L), Map.of(0, 10L));
        claim(0, 1, 5L);
        claim(2, 1, 3L);
        claim(2, 2, 10L);
        finished(3, 12);
        claim(3, 1, 5L);
        assertEquals(Optional.empty(), leftOut(), "of an evaluation that has ended, deleted, read, not waited for");
        claim(2, 3, 11L, 9L);
        assertEquals(Optional.of(new GroupIndex(2)), leftOut());
    }

    @Test
    void aReceiptThatWaitedForItsTasksRecordIsNoticedWithIt() {
        claim(0, 1, 5L);
        ofEvaluations.readFrom(Map.of(0, 4L), Map.of(0, 10L));
        assertEquals(Optional.empty(), leftOut(), "whose group it is, is not known");
        issued("open", 0, 1);
        assertEquals(Optional.of(new GroupIndex(0)), leftOut());
    }
}
