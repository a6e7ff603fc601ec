package io.millrace.trainer.decide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.TestingResults;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.gate.BatchOrder;
import io.millrace.trainer.gate.Groups;
import io.millrace.trainer.gate.OnStale;
import io.millrace.trainer.gate.StalenessGate;
import io.millrace.trainer.steps.StepLedger;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of a result past the bound: the trainer is at version 5, at most one version back may be trained on. */
class StepChooserTest {
    private static final GroupIndex GROUP = new GroupIndex(7);

    private final Capacity capacity = new Capacity(2, 1, 1);
    private final StepLedger ledger = new StepLedger(capacity);
    private final Collector collector = new Collector(ledger, 0, null);
    private final StepChooser chooser = new StepChooser(
            new StalenessGate(1, OnStale.DISCARD, BatchOrder.OLDEST_FIRST, false, capacity), ledger, collector);

    private void resultOf(long attempt, long version, long offset) {
        ledger.fold(new Policy(new Lineage(0), new WeightVersion(5), 0, Policy.State.READY, 1));
        var _ = collector.accept(TestingResults.result(
                GROUP,
                new Attempt(attempt),
                new Lineage(0),
                new WeightVersion(version),
                new WeightVersion(version),
                0,
                List.of(offset)));
    }

    private void issued(long attempt) {
        chooser.issued(Groups.task(GROUP.value(), attempt, 5));
    }

    private void isDiscarded() {
        Decisions decisions = chooser.discardStale();
        StepRecord.Discard discard =
                assertInstanceOf(StepRecord.Discard.class, decisions.records().getFirst());
        assertEquals(StepChooser.STALE, discard.reason());
        assertTrue(ledger.isSettled(GROUP));
        assertTrue(collector.finished().isEmpty());
        assertEquals(Decisions.NONE, chooser.discardStale(), "once");
    }

    @Test
    void withinTheBoundNothingHappens() {
        resultOf(1, 4, 3);
        issued(2);
        assertEquals(Decisions.NONE, chooser.discardStale());
        assertEquals(1, collector.finished().size());
    }

    @Test
    void ofANewestAttemptItIsDiscarded() {
        resultOf(2, 3, 3);
        issued(1);
        issued(2);
        isDiscarded();
    }

    @Test
    void ofWhichNoTaskIsKnownItIsDiscarded() {
        resultOf(1, 3, 3);
        isDiscarded();
    }

    @Test
    void whileANewerAttemptIsOutItIsTakenBack() {
        resultOf(1, 3, 3);
        issued(2);
        Decisions decisions = chooser.discardStale();
        StepRecord.Rejection rejection =
                assertInstanceOf(StepRecord.Rejection.class, decisions.records().getFirst());
        assertTrue(rejection.reason().startsWith("late: ") && rejection.reason().endsWith("attempt 2 is out"));
        assertFalse(ledger.isSettled(GROUP));
        assertFalse(collector.hasWon(GROUP), "the newer attempt's result may win");
        assertEquals(Decisions.NONE, chooser.discardStale(), "once");
    }

    /** The newer attempt's own result may be what was passed over, and comes no second time. */
    @Test
    void ofWhichMoreHasComeItIsDiscarded() {
        resultOf(1, 3, 3);
        resultOf(2, 5, 4);
        issued(2);
        isDiscarded();
    }

    @Test
    void whatIsSettledIsOutNoMore() {
        resultOf(1, 3, 3);
        isDiscarded();
        issued(2);
        assertEquals(Decisions.NONE, chooser.discardStale());
    }

    @Test
    void ofAStepThatIsLeasedItIsNeitherDiscardedNorChosenAgain() {
        resultOf(1, 5, 3);
        ledger.fold(new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(0),
                new LeaseId("00000000000000aa"),
                new WeightVersion(5),
                1,
                List.of(collector.finished(GROUP).manifestEntry())));
        ledger.fold(new Policy(new Lineage(0), new WeightVersion(9), 0, Policy.State.READY, 2));
        assertEquals(Decisions.NONE, chooser.discardStale());
        assertEquals(new BatchChoice.NotYet(0, 2), chooser.choose());
    }
}
