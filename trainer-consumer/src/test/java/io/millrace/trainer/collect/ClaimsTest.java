package io.millrace.trainer.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Missing;
import io.millrace.trainer.steps.StepLedger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClaimsTest {
    private static final long LIMIT = 1_000;

    private final StepLedger ledger = new StepLedger(new Capacity(2, 1, 1));
    private final Claims claims = new Claims(ledger, LIMIT);

    private static Receipt receipt(long group, long attempt, Receipt.Outcome outcome) {
        return new Receipt(
                new GroupIndex(group), new Attempt(attempt), new WorkerIncarnation("w", "1"), 2, 1, 1, 1, outcome);
    }

    private void claim(long group, long attempt, long receipt, long nowNanos, Long... offsets) {
        Receipt.Success place = new Receipt.Success(0, Arrays.asList(offsets), new RewardStats(0, 0));
        claims.claimed(receipt(group, attempt, place), receipt, nowNanos);
    }

    private static Missing missing(long group, long attempt, Missing.Why why, Long... offsets) {
        return new Missing(new GroupIndex(group), new Attempt(attempt), 0, Arrays.asList(offsets), why);
    }

    @Test
    void whatIsMetIsNotMissingWhicheverIsReadFirst() {
        claims.met(TestingResults.result(1, 1, 5L));
        claim(1, 1, 0, 0, 5L);
        claim(2, 1, 1, 0, 6L);
        assertEquals(List.of(), claims.readTo(0, 6), "not read yet");
        claims.met(TestingResults.result(2, 1, 6L));
        assertEquals(List.of(), claims.readTo(0, 7));
        assertEquals(0, claims.waiting());
    }

    @Test
    void whatTheReaderHasPassedWithoutMeetingItIsMissing() {
        claim(1, 1, 0, 0, 5L);
        assertEquals(List.of(missing(1, 1, Missing.Why.NOT_THERE, 5L)), claims.readTo(0, 6));
        assertEquals(List.of(), claims.readTo(0, 7), "said once");
    }

    @Test
    void anotherAttemptAtTheSamePlaceIsAnother() {
        claim(1, 1, 0, 0, 5L);
        claims.met(TestingResults.result(1, 2, 5L));
        assertEquals(List.of(missing(1, 1, Missing.Why.NOT_THERE, 5L)), claims.readTo(0, 6));
    }

    @Test
    void aMarkerThatIsNotThereIsMissingWhateverResultsStand() {
        claims.claimed(Receipt.abandoned(new GroupIndex(1), new Attempt(4), 0, 5), 0, 0);
        claims.claimed(Receipt.abandoned(new GroupIndex(2), new Attempt(4), 0, 6), 1, 0);
        claims.met(TestingResults.result(1, 4, 5L));
        claims.met(new ResultEvent.Marker(new GroupIndex(2), new Attempt(3), "failed", 0, 6));
        assertEquals(List.of(missing(1, 4, Missing.Why.NOT_THERE, 5L)), claims.readTo(0, 7));
        assertEquals(0, claims.receiptsFrom(50), "read again by a restart");
    }

    @Test
    void aGroupInPartsIsPassedWithItsLastPart() {
        claim(1, 1, 0, 0, 3L, 9L);
        assertEquals(List.of(), claims.readTo(0, 9));
        assertEquals(List.of(missing(1, 1, Missing.Why.NOT_THERE, 3L, 9L)), claims.readTo(0, 10));
    }

    @Test
    void whatLiesBehindTheEndIsMissingWhenTheEndWasAskedForAfterTheLimit() {
        claim(1, 1, 0, 100, 5L);
        assertFalse(claims.isOverdue(100 + LIMIT - 1));
        assertEquals(List.of(), claims.endsAt(0, 5, 100 + LIMIT - 1), "a new leader may not show it yet");
        assertTrue(claims.isOverdue(100 + LIMIT));
        assertEquals(List.of(), claims.endsAt(0, 6, 100 + LIMIT), "it is there, and only not read yet");
        assertEquals(List.of(missing(1, 1, Missing.Why.BEYOND_END, 5L)), claims.endsAt(0, 5, 100 + LIMIT));
        assertFalse(claims.isOverdue(100 + LIMIT));
    }

    @Test
    void rejectedAndMissingAttemptsAndSettledGroupsAreNotAskedFor() {
        ledger.note(new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 0, 5, "bad"));
        ledger.note(missing(2, 1, Missing.Why.NOT_THERE, 6L));
        ledger.discard(new GroupIndex(3), new Attempt(1), "filtered");
        claim(1, 1, 0, 0, 5L);
        claim(2, 1, 1, 0, 6L);
        claim(3, 1, 2, 0, 7L);
        claim(4, 1, 3, 0, 8L);
        ledger.discard(new GroupIndex(4), new Attempt(1), "filtered");
        assertEquals(List.of(), claims.readTo(0, 100));
    }

    @Test
    void receiptsOfUnsettledGroupsAreReadAgain() {
        assertEquals(50, claims.receiptsFrom(50));
        claim(1, 1, 10, 0, 5L);
        claims.met(TestingResults.result(1, 1, 5L));
        claim(2, 1, 20, 0, 6L);
        claims.claimed(receipt(3, 1, new Receipt.Failure("deadline", "late")), 5, 0);
        assertEquals(10, claims.receiptsFrom(50), "also of one that was met: its lease may turn out unreadable");
        ledger.discard(new GroupIndex(1), new Attempt(1), "filtered");
        assertEquals(20, claims.receiptsFrom(50));
    }

    @Test
    void theLowestClaimOfAPartitionIsThatOfWhatIsStillWaitedFor() {
        claim(1, 1, 0, 0, 4L);
        claim(2, 1, 1, 0, 5L, 9L);
        claim(3, 1, 2, 0, 7L);
        assertEquals(Map.of(0, 4L), claims.lowest());
        ledger.note(missing(1, 1, Missing.Why.NOT_THERE, 4L));
        assertEquals(Map.of(0, 5L), claims.lowest());
        claims.met(TestingResults.result(2, 1, 5L, 9L));
        ledger.discard(new GroupIndex(3), new Attempt(1), "filtered");
        assertEquals(Map.of(), claims.lowest());
    }
}
