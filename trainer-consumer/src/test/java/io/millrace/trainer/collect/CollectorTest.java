package io.millrace.trainer.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.steps.StepLedger;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the random runs do not tell apart; the rest is RunPropertyTest. */
class CollectorTest {
    private final StepLedger ledger = new StepLedger(new Capacity(2, 1, 1));
    private final Collector collector = new Collector(ledger, 0, null);

    private static ResultEvent.Marker marker(long group, long offset) {
        return new ResultEvent.Marker(new GroupIndex(group), new Attempt(3), "no engine", 0, offset);
    }

    /** Groups 0 and 1, whose results a broker can lose while the step is out. */
    private void lease() {
        ledger.lease(
                new StepNumber(0),
                List.of(TestingResults.result(0, 1, 7L), TestingResults.result(1, 1, 8L)).stream()
                        .map(result -> result.group().manifestEntry())
                        .toList(),
                null,
                new LeaseId("00000000000000aa"),
                5);
    }

    @Test
    void aLeasedGroupIsNotGivenUpAndIsWhenItsLeaseIsVoidAndAllIsReadAgain() {
        lease();
        // Read after a restart: the log has lost the result at offset 7, and the group was given up since.
        assertInstanceOf(Verdict.Duplicate.class, collector.accept(marker(0, 7)));
        assertFalse(ledger.isSettled(new GroupIndex(0)));
        ledger.voidLease(ledger.nextStep(), "group 0 is gone");
        Collector again = new Collector(ledger, 0, null);
        Verdict.Abandon abandon = assertInstanceOf(Verdict.Abandon.class, again.accept(marker(0, 7)));
        ledger.abandon(abandon.groupIndex(), abandon.lastAttempt(), abandon.cause());
        assertTrue(ledger.isSettled(new GroupIndex(0)));
    }

    @Test
    void whatTakesThePlaceOfARejectedResultIsDecidedOnByItself() {
        ledger.note(new StepRecord.Rejection(new GroupIndex(4), new Attempt(1), 0, 9, "bad"));
        assertInstanceOf(Verdict.Known.class, collector.accept(TestingResults.result(4, 1, 9L)), "read again");
        Verdict.Won won =
                assertInstanceOf(Verdict.Won.class, collector.accept(TestingResults.result(4, 2, 9L)), "after a loss");
        assertEquals(new Attempt(2), won.group().attempt());
    }
}
