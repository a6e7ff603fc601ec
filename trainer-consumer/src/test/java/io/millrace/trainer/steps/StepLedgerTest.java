package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.trainer.policy.Announcement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StepLedgerTest {
    private static final int B = 2;
    private final StepLedger ledger = new StepLedger(new Capacity(B, 1, 1));

    private final Random ids = new Random(7);

    private static StepNumber step(long value) {
        return new StepNumber(value);
    }

    private static WeightVersion version(long value) {
        return new WeightVersion(value);
    }

    private static List<ManifestEntry> groups(long... indices) {
        return LongStream.of(indices)
                .mapToObj(index ->
                        new ManifestEntry(new GroupIndex(index), new Attempt(1), version(0), 0, List.of(index)))
                .toList();
    }

    private StepRecord.Lease lease(long step, long... indices) {
        return ledger.lease(step(step), groups(indices), null, LeaseId.draw(ids), 5);
    }

    /** Of the step leased last. */
    private LeaseToken token() {
        return Objects.requireNonNull(ledger.openLease()).token();
    }

    private AckDecision.Acknowledged take(long step, WeightVersion version, long... indices) {
        LeaseToken token = lease(step, indices).token();
        return assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token, version, null, 6));
    }

    @Test
    void anAcknowledgementCarriesTotalsAndTheLowWaterMark() {
        LeaseToken token = lease(0, 0, 2).token();
        AckDecision.Acknowledged done =
                assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token, version(1), null, 6));
        assertEquals(
                List.of(
                        new StepRecord.Acknowledgement(
                                new Lineage(0), step(0), token.id(), version(1), 6, new Totals(2, 0, 0, 1), null),
                        new Policy(new Lineage(0), version(1), 2, Policy.State.READY, 6)),
                done.records());
        assertTrue(ledger.isSettled(new GroupIndex(2)));
        assertFalse(ledger.isSettled(new GroupIndex(1)));
        assertEquals(step(1), ledger.nextStep());
        assertNull(ledger.openLease());
    }

    @Test
    void withoutANewVersionThePolicyStays() {
        assertEquals(1, take(0, null, 0, 1).records().size());
        assertEquals(version(0), ledger.policy().weightVersion());
        assertEquals(1, ledger.stepsInVersion());
    }

    @Test
    void aLeasedStepIsTheSameUntilItIsAcknowledged() {
        StepRecord.Lease lease = lease(0, 0, 1);
        LeaseDecision.SameLease same = assertInstanceOf(LeaseDecision.SameLease.class, ledger.mayLease(step(0)));
        assertEquals(lease, same.lease());
        assertEquals(
                "step 0 is leased; acknowledge it before step 1 is leased",
                assertInstanceOf(LeaseDecision.WrongStep.class, ledger.mayLease(step(1)))
                        .why());
        assertThrows(IllegalStateException.class, () -> lease(1, 2, 3));
    }

    @Test
    void aWrongStepIsToldWhichIsDue() {
        assertEquals(
                "step 4 is not due; the next step is 0",
                assertInstanceOf(LeaseDecision.WrongStep.class, ledger.mayLease(step(4)))
                        .why());
        take(0, version(1), 0, 1);
        LeaseDecision.WrongStep past = assertInstanceOf(LeaseDecision.WrongStep.class, ledger.mayLease(step(0)));
        assertEquals("step 0 was acknowledged before; the next step is 1", past.why());
        LeaseToken none = new LeaseToken(new Lineage(0), step(1), LeaseId.draw(ids));
        AckDecision.Refused unleased =
                assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(none, null, null, 7));
        assertEquals("step 1 is not leased; lease step 1 first", unleased.why());
    }

    @Test
    void aRepeatedAcknowledgementIsFineUnlessItSaysSomethingNew() {
        LeaseToken token = take(0, version(3), 0, 1).lease().token();
        assertInstanceOf(AckDecision.AlreadyAcknowledged.class, ledger.acknowledge(token, version(3), null, 9));
        assertInstanceOf(AckDecision.AlreadyAcknowledged.class, ledger.acknowledge(token, null, null, 9));
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(token, version(4), null, 9));
        take(1, version(5), 2, 3);
        assertInstanceOf(AckDecision.AlreadyAcknowledged.class, ledger.acknowledge(token, version(3), null, 9));
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(token, version(6), null, 9));
        assertEquals(4, ledger.totals().trained());
    }

    @Test
    void aVersionMustBeNewer() {
        take(0, version(3), 0, 1);
        lease(1, 2, 3);
        AckDecision.Refused old =
                assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(token(), version(3), null, 9));
        assertTrue(old.why().startsWith("weight_version 3 is not newer than the current 3"), old.why());
        assertEquals(2, ledger.totals().trained());
        assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token(), version(4), null, 9));
    }

    @Test
    void moreStepsThanConfiguredWarnAndThenAreRefusedWithTheCause() {
        take(0, null, 0, 1);
        LeaseDecision.MayLease second = assertInstanceOf(LeaseDecision.MayLease.class, ledger.mayLease(step(1)));
        assertEquals(1, second.warnings().size());
        assertTrue(
                second.warnings().getFirst().contains("steps-per-version is 1"),
                second.warnings().getFirst());
        take(1, null, 2, 3);
        String why = assertInstanceOf(LeaseDecision.UnfillableAtThisVersion.class, ledger.mayLease(step(2)))
                .why();
        assertTrue(why.contains("took 2 steps with weight version 0"), why);
        assertTrue(why.contains("steps-per-version 1") && why.contains("pipeline-depth 1"), why);
        assertTrue(why.contains("new weight_version"), why);
    }

    @Test
    void aNewVersionMakesRoomAgain() {
        take(0, null, 0, 1);
        take(1, version(1), 2, 3);
        assertEquals(0, ledger.stepsInVersion());
        assertEquals(new LeaseDecision.MayLease(step(2), List.of()), ledger.mayLease(step(2)));
    }

    @Test
    void anAbandonedGroupIsSettledOnce() {
        assertEquals(
                new Totals(0, 0, 1, 1),
                ledger.abandon(new GroupIndex(0), new Attempt(3), "lost").totals());
        assertThrows(IllegalStateException.class, () -> ledger.abandon(new GroupIndex(0), new Attempt(3), "lost"));
        assertThrows(IllegalStateException.class, () -> lease(0, 0, 1));
    }

    @Test
    void aLeasedGroupCannotBeAbandoned() {
        lease(0, 0, 1);
        assertThrows(IllegalStateException.class, () -> ledger.abandon(new GroupIndex(1), new Attempt(3), "lost"));
    }

    @Test
    void aRejectedResultIsRememberedUntilASnapshotSaysThatItsGroupIsSettled() {
        ledger.note(new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 0, 44, "bad"));
        assertTrue(ledger.isRejected(new GroupIndex(1), new Attempt(1), 0, 44));
        assertFalse(ledger.isRejected(new GroupIndex(1), new Attempt(1), 0, 45));
        assertFalse(
                ledger.isRejected(new GroupIndex(1), new Attempt(2), 0, 44),
                "after a loss another attempt may stand where the rejected one stood");
        assertFalse(ledger.isSettled(new GroupIndex(1)));
        take(0, null, 0, 1);
        assertTrue(
                ledger.isRejected(new GroupIndex(1), new Attempt(1), 0, 44),
                "a restart reads from before it was settled");
        StepRecord.Snapshot snapshot = ledger.snapshot(List.of(), 0, 0);
        assertEquals(List.of(), snapshot.rejections());
        ledger.take(snapshot);
        assertFalse(ledger.isRejected(new GroupIndex(1), new Attempt(1), 0, 44));
        assertEquals(1, ledger.rejected());
    }

    @Test
    void aSnapshotThatIsOnlyMadeChangesNothing() {
        ledger.note(new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 0, 44, "bad"));
        take(0, null, 0, 1);
        long records = ledger.recordsSinceSnapshot();
        ledger.snapshot(List.of(new StepRecord.Snapshot.ResultsRead(0, 50, 60)), 0, 0);
        assertNull(ledger.lastSnapshot(), "it may be too large to be written");
        assertEquals(records, ledger.recordsSinceSnapshot());
        assertTrue(ledger.isRejected(new GroupIndex(1), new Attempt(1), 0, 44), "a restart reads from before");
    }

    @Test
    void aSnapshotKeepsOneRejectionForEachAttemptOfAnUnsettledGroup() {
        ledger.note(new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 0, 44, "bad"));
        ledger.note(new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 0, 45, "bad again"));
        ledger.note(new StepRecord.Rejection(new GroupIndex(1), new Attempt(2), 0, 46, "bad"));
        ledger.note(new StepRecord.Rejection(
                new GroupIndex(1), new Attempt(2), 0, 50, "bad, and read again after a restart"));
        List<Long> offsets =
                ledger.snapshot(List.of(new StepRecord.Snapshot.ResultsRead(0, 50, 60)), 0, 0).rejections().stream()
                        .map(StepRecord.Rejection::offset)
                        .toList();
        assertEquals(List.of(44L, 46L, 50L), offsets);
    }

    @Test
    void rejectionsOfGroupsThatNeverWereAreNotKeptWithoutEnd() {
        for (int i = 0; i < 6_000; i++) {
            ledger.note(new StepRecord.Rejection(new GroupIndex(1_000 + i), new Attempt(1), 0, i, "noise"));
        }
        List<StepRecord.Rejection> kept = ledger.snapshot(
                        List.of(new StepRecord.Snapshot.ResultsRead(0, 6_000, 6_000)), 0, 0)
                .rejections();
        assertEquals(5_000, kept.size());
        assertEquals(1_000L, kept.getFirst().offset(), "the oldest go first");
        assertEquals(6_000, ledger.rejected());
    }

    @Test
    void aPolicyThatDoesNotFollowIsToldFromSteps() {
        List<ControlRecord> written = new ArrayList<>();
        written.add(lease(0, 0, 1));
        written.addAll(
                assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token(), version(1), null, 6))
                        .records());
        Policy newest = ledger.policy();
        StepLedger again = new StepLedger(new Capacity(B, 1, 1));
        written.stream()
                .filter(StepRecord.class::isInstance)
                .map(StepRecord.class::cast)
                .forEach(again::fold);
        assertTrue(again.follows(newest));
        assertEquals(newest, again.policyOfSteps());
        assertFalse(again.follows(Policy.initial()), "policy has lost the version of step 0");
        assertFalse(
                again.follows(new Policy(new Lineage(0), version(2), 4, Policy.State.READY, 9)),
                "steps has lost the acknowledgement of step 1");
        assertFalse(
                again.follows(new Policy(new Lineage(1), version(1), 2, Policy.State.READY, 9)),
                "steps has lost a resumption");
        assertTrue(again.follows(new Policy(new Lineage(0), version(2), 2, Policy.State.READY, 9)), "announced");
    }

    private static StepRecord.Missing missing(long index, long attempt) {
        return new StepRecord.Missing(
                new GroupIndex(index), new Attempt(attempt), 0, List.of(44L), StepRecord.Missing.Why.NOT_THERE);
    }

    @Test
    void aMissingResultIsRememberedWhileItsGroupIsUnsettled() {
        ledger.note(missing(1, 1));
        ledger.note(missing(7, 2));
        assertTrue(ledger.isOver(new GroupIndex(1), new Attempt(1)));
        assertFalse(ledger.isOver(new GroupIndex(1), new Attempt(2)));
        take(0, null, 0, 1);
        StepRecord.Snapshot snapshot = ledger.snapshot(List.of(), 12, 0);
        assertEquals(List.of(missing(7, 2)), snapshot.missing());
        assertEquals(12, snapshot.receiptsFrom());
        StepLedger again = new StepLedger(new Capacity(B, 1, 1));
        again.fold(snapshot);
        assertTrue(again.isOver(new GroupIndex(7), new Attempt(2)));
    }

    @Test
    void aVoidLeaseLeavesItsGroupsUnsettledAndItsStepIsLeasedAnew() {
        List<StepRecord> written = new ArrayList<>();
        StepRecord.Lease gone = lease(0, 0, 1);
        written.add(gone);
        written.add(ledger.voidLease(ledger.nextStep(), "group 1 is gone"));
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(gone.token(), null, null, 6));
        assertFalse(ledger.isSettled(new GroupIndex(0)));
        written.add(lease(0, 0, 2));
        assertInstanceOf(
                AckDecision.Refused.class,
                ledger.acknowledge(gone.token(), null, null, 7),
                "groups that the trainer has never seen would count as trained");
        assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token(), null, null, 8));
        StepLedger again = new StepLedger(new Capacity(B, 1, 1));
        written.forEach(again::fold);
        assertEquals(groups(0, 2), again.openLease().groups());
        assertThrows(IllegalStateException.class, () -> ledger.voidLease(ledger.nextStep(), "nothing is leased"));
    }

    @Test
    void replayedRecordsGiveTheSameLedger() {
        List<ControlRecord> written = new ArrayList<>();
        StepRecord.Lease first = lease(0, 1, 2);
        written.add(first);
        written.addAll(
                assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(first.token(), version(4), null, 6))
                        .records());
        written.add(ledger.abandon(new GroupIndex(0), new Attempt(2), "lost"));
        written.add(ledger.note(new StepRecord.Rejection(new GroupIndex(9), new Attempt(1), 1, 3, "bad")));
        written.add(lease(1, 3, 4));

        StepLedger again = new StepLedger(new Capacity(B, 1, 1));
        for (ControlRecord record : written) {
            if (record instanceof StepRecord step) {
                again.fold(step);
            }
        }
        again.fold(new Policy(new Lineage(0), version(4), 2, Policy.State.READY, 6));
        assertEquals(ledger.totals(), again.totals());
        assertEquals(new Totals(2, 0, 1, 3), again.totals());
        assertEquals(ledger.openLease(), again.openLease());
        assertEquals(ledger.policy(), again.policy());
        assertEquals(ledger.nextStep(), again.nextStep());
        assertEquals(ledger.stepsInVersion(), again.stepsInVersion());
        assertEquals(ledger.rejected(), again.rejected());
        assertInstanceOf(AckDecision.AlreadyAcknowledged.class, again.acknowledge(first.token(), version(4), null, 9));
    }

    @Test
    void recordsThatDoNotFollowAreRefused() {
        StepRecord.Lease lease = new StepRecord.Lease(
                new Lineage(0), step(1), new LeaseId("00000000000000aa"), version(0), 1, groups(0, 1));
        assertThrows(IllegalStateException.class, () -> ledger.fold(lease));
        StepRecord.Acknowledgement ack = new StepRecord.Acknowledgement(
                new Lineage(0), step(0), new LeaseId("00000000000000aa"), null, 1, new Totals(2, 0, 0, 2), null);
        assertThrows(IllegalStateException.class, () -> ledger.fold(ack));
        lease(0, 0, 1);
        StepRecord.Acknowledgement miscounted = new StepRecord.Acknowledgement(
                new Lineage(0), step(0), new LeaseId("00000000000000aa"), null, 1, new Totals(2, 0, 0, 1), null);
        assertThrows(IllegalStateException.class, () -> ledger.fold(miscounted));
    }

    @Test
    void anAcknowledgementOfAnotherLeaseDoesNotFollow() {
        LeaseToken open = lease(0, 0, 1).token();
        StepRecord.Acknowledgement other = new StepRecord.Acknowledgement(
                new Lineage(0), step(0), LeaseId.draw(ids), null, 1, new Totals(2, 0, 0, 2), null);
        assertThrows(IllegalStateException.class, () -> ledger.fold(other));
        assertFalse(ledger.isSettled(new GroupIndex(0)));
        ledger.fold(new StepRecord.Acknowledgement(
                new Lineage(0), step(0), open.id(), null, 1, new Totals(2, 0, 0, 2), null));
        assertTrue(ledger.isSettled(new GroupIndex(0)));
    }

    @Test
    void aResumptionOpensTheNextLineageOnlyAndIsSaidAgainByItsLineageAndStep() {
        take(0, version(1), 0, 1);
        for (long other : new long[] {0, 2}) {
            ResumeDecision.Refused refused = assertInstanceOf(
                    ResumeDecision.Refused.class, ledger.mayResume(step(1), ResumeMode.FRESH, new Lineage(other)));
            assertTrue(refused.why().contains("a resumption can open lineage 1, not " + other), refused.why());
        }
        resumed(1);
        assertInstanceOf(
                ResumeDecision.AlreadyResumed.class, ledger.mayResume(step(1), ResumeMode.FRESH, new Lineage(1)));
        assertInstanceOf(
                ResumeDecision.Refused.class,
                ledger.mayResume(step(0), ResumeMode.FRESH, new Lineage(1)),
                "a trainer that was replaced goes back in the name of its successor");
    }

    private LeaseToken resumedAndLeasedAnew() {
        take(0, version(1), 0, 1);
        LeaseToken old = lease(1, 2, 3).token();
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(step(1), ResumeMode.FRESH, new Lineage(1)));
        ledger.resume(may, List.of(), 6);
        lease(1, 4, 5);
        return old;
    }

    @Test
    void aZombiesLateAcknowledgementIsRefused() {
        LeaseToken old = resumedAndLeasedAnew();
        AckDecision.Refused late =
                assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(old, version(77), null, 9));
        assertTrue(late.why().contains("of lineage 0, the run is in lineage 1"), late.why());
        assertEquals(2, ledger.totals().trained());
        assertEquals(version(1), ledger.policy().weightVersion());
        assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token(), version(2), null, 9));
        assertEquals(4, ledger.totals().trained());
        // And one of the step that it had acknowledged before: nothing to say to it either.
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(old, null, null, 9));
    }

    @Test
    void anotherLeaseOfTheSameStepIsRefusedToo() {
        LeaseToken token = lease(0, 0, 1).token();
        LeaseToken other = new LeaseToken(token.lineage(), token.step(), LeaseId.draw(ids));
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(other, version(1), null, 9));
        assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token, version(1), null, 9));
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(other, version(1), null, 9));
    }

    private Policy.State resumed(long at) {
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class,
                ledger.mayResume(step(at), ResumeMode.FRESH, ledger.lineage().next()));
        ledger.resume(may, List.of(), 6);
        return ledger.policy().state();
    }

    @Test
    void aResumptionBeginsUpdating() {
        take(0, version(1), 0, 1);
        assertEquals(Policy.State.UPDATING, resumed(1));
        ledger.announce(new Announcement(new Lineage(1), Policy.State.READY, null), 7);
        assertEquals(Policy.State.READY, ledger.policy().state());
        assertEquals(version(1), ledger.policy().weightVersion());
    }

    @Test
    void tokensOfAnAbandonedFutureAreAhead() {
        take(0, version(1), 0, 1);
        Lineage mine = new Lineage(1);
        assertNull(ledger.ahead(new Lineage(0), version(2)), "pushed, and announced in a moment");
        assertNotNull(ledger.ahead(new Lineage(0), version(3)));
        resumed(1);
        String why = ledger.ahead(mine, version(2));
        assertEquals(
                "ahead: it was issued in lineage 1 and has tokens of weight version 2, lineage 1 is at 1 and has not been"
                        + " ready yet",
                why);
        assertNull(ledger.ahead(mine, version(1)));
        ledger.announce(new Announcement(mine, Policy.State.READY, version(1)), 7);
        assertNull(ledger.ahead(mine, version(2)));
        assertNotNull(ledger.ahead(mine, version(3)));
    }
}
