package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.time.EverySoOften;
import io.millrace.trainer.journal.Snapshots;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.policy.VersionSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A trainer that asks for a step before it has trained the one before. */
class LeaseAheadTest {
    private static final int B = 2;
    private final StepLedger ledger = ledger();
    private final Random ids = new Random(7);
    private final List<ControlRecord> topic = new ArrayList<>();

    private static StepLedger ledger() {
        return new StepLedger(new Capacity(B, 1, 1), VersionSettings.defaults().rules(), 1);
    }

    private static StepNumber step(long value) {
        return new StepNumber(value);
    }

    private StepRecord.Lease lease(long step, long... indices) {
        List<ManifestEntry> groups = LongStream.of(indices)
                .mapToObj(index -> new ManifestEntry(
                        new GroupIndex(index), new Attempt(1), new WeightVersion(0), 0, List.of(index)))
                .toList();
        StepRecord.Lease lease = ledger.lease(step(step), groups, null, LeaseId.draw(ids), 5);
        topic.add(lease);
        return lease;
    }

    private void acknowledge(StepRecord.Lease lease, WeightVersion version) {
        topic.addAll(
                assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(lease.token(), version, null, 6))
                        .records());
    }

    private StepLedger restarted() {
        StepLedger again = ledger();
        topic.stream()
                .filter(StepRecord.class::isInstance)
                .map(StepRecord.class::cast)
                .forEach(again::fold);
        return again;
    }

    private String refused(StepRecord.Lease lease) {
        return assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(lease.token(), null, null, 6))
                .why();
    }

    @Test
    void stepsAreLeasedAheadUpToTheLimitAndEachStaysTheSame() {
        StepRecord.Lease first = lease(0, 0, 1);
        StepRecord.Lease second = lease(1, 2, 3);
        for (StepLedger one : List.of(ledger, restarted())) {
            assertEquals(
                    first,
                    assertInstanceOf(LeaseDecision.SameLease.class, one.mayLease(step(0)))
                            .lease());
            assertEquals(
                    second,
                    assertInstanceOf(LeaseDecision.SameLease.class, one.mayLease(step(1)))
                            .lease());
            assertEquals(step(0), one.nextStep(), "who asks for the next step goes on with the oldest");
            assertEquals(
                    "step 0 is leased; acknowledge it before step 2 is leased (lease-ahead 1)",
                    assertInstanceOf(LeaseDecision.WrongStep.class, one.mayLease(step(2)))
                            .why());
        }
    }

    @Test
    void stepsAreAcknowledgedInOrder() {
        StepRecord.Lease first = lease(0, 0, 1);
        StepRecord.Lease second = lease(1, 2, 3);
        assertEquals("step 0 is leased before step 1; acknowledge it first", refused(second));
        assertFalse(ledger.isSettled(new GroupIndex(2)));
        acknowledge(first, new WeightVersion(1));
        StepRecord.Lease third = lease(2, 4, 5);
        acknowledge(second, new WeightVersion(2));
        assertEquals(new Totals(4, 0, 0, 4), ledger.totals());
        assertEquals(third, restarted().openLease());
        assertEquals(ledger.totals(), restarted().totals());
    }

    @Test
    void aGroupIsInOneOpenStepOnly() {
        lease(0, 0, 1);
        assertTrue(ledger.isLeased(new GroupIndex(1)));
        assertThrows(IllegalStateException.class, () -> lease(1, 1, 2));
    }

    @Test
    void stepsThatAreOutCountForWhatTheVersionCanFill() {
        acknowledge(lease(0, 0, 1), null);
        lease(1, 2, 3);
        String why = assertInstanceOf(LeaseDecision.UnfillableAtThisVersion.class, ledger.mayLease(step(2)))
                .why();
        assertTrue(why.contains("took 2 steps with weight version 0"), why);
    }

    @Test
    void aSnapshotKeepsTheStepsThatAreOut() {
        StepRecord.Lease first = lease(0, 0, 1);
        StepRecord.Lease second = lease(1, 2, 3);
        AckDecision.Acknowledged done = assertInstanceOf(
                AckDecision.Acknowledged.class, ledger.acknowledge(first.token(), new WeightVersion(1), null, 6));
        Snapshots snapshots =
                new Snapshots(1, 1 << 20, new EverySoOften(Duration.ofMinutes(5), new ManualTicker()), () -> {});
        List<ControlRecord> written = snapshots.behind(done.records(), ledger, () -> ledger.snapshot(List.of(), 0, 0));
        topic.addAll(written);
        assertEquals(List.of(second), restarted().openLeases().all(), "read from the beginning");
        topic.clear();
        topic.addAll(written.subList(done.records().size(), written.size()));
        assertInstanceOf(StepRecord.Snapshot.class, topic.getFirst());
        assertEquals(List.of(second), restarted().openLeases().all(), "read from the snapshot");
        assertEquals(step(1), restarted().nextStep());
    }

    @Test
    void aVoidLeaseTakesThoseBehindItAlong() {
        lease(0, 0, 1);
        StepRecord.Lease second = lease(1, 2, 3);
        topic.add(ledger.voidLease(step(1), "group 2 is gone"));
        assertEquals(1, ledger.openLeases().size());
        assertTrue(refused(second).contains("is not leased"), refused(second));
        lease(1, 3, 4);
        topic.add(ledger.voidLease(step(0), "group 0 is gone"));
        assertEquals(List.of(), ledger.openLeases().all());
        assertEquals(List.of(), restarted().openLeases().all());
        assertFalse(ledger.isLeased(new GroupIndex(4)));
        lease(0, 1, 3);
        assertEquals(ledger.openLeases().all(), restarted().openLeases().all());
    }

    @Test
    void aCountBegunAnewMakesAllOfThemVoidAtTheStepThatWasNotTrained() {
        acknowledge(lease(0, 0, 1), new WeightVersion(1));
        acknowledge(lease(1, 2, 3), new WeightVersion(2));
        StepRecord.Lease untrained = lease(2, 4, 5);
        lease(3, 6, 7);
        topic.addAll(ledger.resume(ledger.restart(ledger.policy().words()), List.of(), 9));
        assertEquals(List.of(), ledger.openLeases().all());
        assertEquals(step(2), ledger.nextStep());
        assertEquals(new Lineage(1), ledger.lineage());
        assertTrue(refused(untrained).contains("of lineage 0"), refused(untrained));
        assertFalse(ledger.isSettled(new GroupIndex(4)));
        assertEquals(List.of(), restarted().openLeases().all());
    }

    @Test
    void recordedStepsAreLeasedAheadAndSettleNothing() {
        StepRecord.Lease first = lease(0, 0, 1);
        acknowledge(first, new WeightVersion(1));
        StepRecord.Lease second = lease(1, 2, 3);
        acknowledge(second, new WeightVersion(2));
        StepHistory history = new StepHistory(new Lineage(0));
        topic.stream()
                .filter(StepRecord.class::isInstance)
                .map(StepRecord.class::cast)
                .forEach(history::add);
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(step(0), ResumeMode.REPLAY, new Lineage(1)));
        topic.addAll(ledger.resume(may, history.steps(step(0), step(2)), 9));
        StepRecord.Lease again = ledger.leaseRecorded(LeaseId.draw(ids), 10);
        assertInstanceOf(LeaseDecision.MayReplay.class, ledger.mayLease(step(1)));
        StepRecord.Lease ahead = ledger.leaseRecorded(LeaseId.draw(ids), 10);
        topic.addAll(List.of(again, ahead));
        assertEquals(first.groups(), again.groups());
        assertEquals(second.groups(), ahead.groups());
        assertEquals(step(2), restarted().dueStep());
        acknowledge(again, new WeightVersion(1));
        StepRecord.Lease fresh = lease(2, 4, 5);
        acknowledge(ahead, new WeightVersion(2));
        assertEquals(new Totals(4, 0, 0, 4), ledger.totals());
        assertEquals(fresh, restarted().openLease());
    }

    @Test
    void withoutAVersionAnAnnouncementLeavesThemOpen() {
        lease(0, 0, 1);
        lease(1, 2, 3);
        ledger.announce(new Announcement(new Lineage(0), Policy.State.READY, new WeightVersion(1)), 7);
        assertEquals(2, ledger.openLeases().size());
    }
}
