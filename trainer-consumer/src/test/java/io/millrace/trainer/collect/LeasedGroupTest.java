package io.millrace.trainer.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.steps.ResumeDecision;
import io.millrace.trainer.steps.ResumeMode;
import io.millrace.trainer.steps.StepLedger;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What else arrives of a group that is leased, where the log has lost the result that the lease names. */
class LeasedGroupTest {
    private static final GroupIndex GROUP = new GroupIndex(0);
    private static final StepNumber STEP = new StepNumber(0);

    private final StepLedger ledger = new StepLedger(new Capacity(1, 1, 1));

    private static ResultEvent.Result arrived(int attempt, long lineage, long newest, long offset) {
        return TestingResults.result(
                GROUP,
                new Attempt(attempt),
                new Lineage(lineage),
                new WeightVersion(0),
                new WeightVersion(newest),
                0,
                List.of(offset));
    }

    @Test
    void aResultOfAGivenUpFutureWaitsUntilTheLeaseIsVoid() {
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(STEP, ResumeMode.FRESH, new Lineage(1)));
        ledger.resume(may, List.of(), 1);
        ledger.announce(new Announcement(new Lineage(1), Policy.State.READY, null), 2);
        ledger.lease(
                STEP,
                List.of(new ManifestEntry(GROUP, new Attempt(1), new WeightVersion(0), 0, List.of(9L))),
                null,
                new LeaseId("00000000000000aa"),
                3);
        // Attempt 1 is gone from the log; attempt 2 was made with weights of the future that was given up.
        Verdict met = new Collector(ledger, 0, null).accept(arrived(2, 0, 3, 9));
        assertInstanceOf(Verdict.Duplicate.class, met);
        assertTrue(ledger.isLeased(GROUP));

        ledger.voidLease(ledger.nextStep(), "its result cannot be read back");
        Verdict.Lost lost =
                assertInstanceOf(Verdict.Lost.class, new Collector(ledger, 0, null).accept(arrived(2, 0, 3, 9)));
        ledger.discard(GROUP, lost.group().attempt(), "lineage");
        assertEquals(1, ledger.totals().discarded());
    }
}
