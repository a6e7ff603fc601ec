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
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Policy.State;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.policy.OnVersionRestart;
import io.millrace.trainer.policy.PolicyDecision;
import io.millrace.trainer.policy.VersionRules;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a ledger makes of the trainer's word on its weights. */
class AnnouncementTest {
    private static final int B = 2;
    private static final Capacity CAPACITY = new Capacity(B, 1, 1);

    private final StepLedger ledger = new StepLedger(CAPACITY);
    private final List<ControlRecord> written = new ArrayList<>();
    private long nowMs = 100;
    private long leases;

    private static WeightVersion version(long value) {
        return new WeightVersion(value);
    }

    private PolicyDecision announce(State state, WeightVersion version) {
        PolicyDecision decision = ledger.announce(new Announcement(ledger.lineage(), state, version), nowMs++);
        if (decision instanceof PolicyDecision.Changed changed) {
            written.add(changed.policy());
        }
        return decision;
    }

    private Policy changed(State state, WeightVersion version) {
        Policy policy = assertInstanceOf(PolicyDecision.Changed.class, announce(state, version))
                .policy();
        assertEquals(policy, ledger.policy());
        return policy;
    }

    /** Takes the next step. */
    private void take(WeightVersion version) {
        StepRecord.Lease lease = lease();
        written.addAll(assertInstanceOf(
                        AckDecision.Acknowledged.class, ledger.acknowledge(lease.token(), version, null, nowMs))
                .records());
    }

    private StepRecord.Lease lease() {
        StepNumber step = ledger.nextStep();
        long first = B * leases++;
        List<ManifestEntry> groups = LongStream.range(first, first + B)
                .mapToObj(index ->
                        new ManifestEntry(new GroupIndex(index), new Attempt(1), version(0), 0, List.of(index)))
                .toList();
        StepRecord.Lease lease = ledger.lease(step, groups, null, new LeaseId("00000000000000aa"), nowMs);
        written.add(lease);
        return lease;
    }

    /** What the next process makes of what was written. */
    private StepLedger again() {
        StepLedger again = new StepLedger(CAPACITY);
        Policy last = Policy.initial();
        for (ControlRecord record : written) {
            if (record instanceof StepRecord step) {
                again.fold(step);
            } else {
                last = (Policy) record;
            }
        }
        again.fold(last);
        return again;
    }

    @Test
    void anUpdateLeadsToANewVersionAndRepeatingEachWordChangesNothing() {
        take(null);
        Policy updating = changed(State.UPDATING, null);
        assertEquals(new Policy(updating.lineage(), version(0), 0, State.UPDATING, 100), updating);
        assertEquals(new PolicyDecision.Unchanged(updating), announce(State.UPDATING, null));
        Policy ready = changed(State.READY, version(1));
        assertEquals(B, ready.trainedGroups());
        assertEquals(State.READY, ready.state());
        assertEquals(new PolicyDecision.Unchanged(ready), announce(State.READY, version(1)));
        assertEquals(new PolicyDecision.Unchanged(ready), announce(State.READY, null));
    }

    @Test
    void aPauseEndsWithTheVersionBeforeAndAdmissionCountsAsBefore() {
        take(version(3));
        take(null);
        long trained = ledger.policy().trainedGroups();
        assertEquals(version(3), changed(State.PAUSED, null).weightVersion());
        assertEquals(State.UPDATING, changed(State.UPDATING, null).state());
        Policy ready = changed(State.READY, version(3));
        assertEquals(version(3), ready.weightVersion());
        assertEquals(trained, ready.trainedGroups());
        assertEquals(1, ledger.stepsInVersion());
    }

    @Test
    void aLowerVersionIsACountBegunAnewAndOpensALineageInWhichTheWeightsGoOn() {
        changed(State.READY, version(5));
        take(version(9));
        StepNumber step = ledger.nextStep();
        PolicyDecision.Restarted restarted =
                assertInstanceOf(PolicyDecision.Restarted.class, announce(State.READY, version(1)));
        written.addAll(ledger.resume(ledger.restart(restarted.words()), List.of(), nowMs));
        assertEquals(new Lineage(1), ledger.lineage());
        assertEquals(step, ledger.nextStep());
        assertEquals(version(9), ledger.policy().weightVersion());
        assertEquals(version(1), ledger.policy().word());
        assertEquals(State.READY, ledger.policy().state());
        assertEquals(OptionalLong.of(9), ledger.policy().number(1));
        assertFalse(ledger.isLost(new Lineage(0), version(10)), "no future was given up: groups on their way stay");
        assertEquals(ledger.policy(), again().policy());
        take(version(2));
        assertEquals(version(10), ledger.policy().weightVersion());
        Policy ready = changed(State.READY, version(3));
        assertEquals(version(11), ready.weightVersion());
        assertEquals(version(3), ready.word());
    }

    @Test
    void aCountBegunAnewMayBeSaidAgainUntilTheNewLineageLeases() {
        changed(State.READY, version(5));
        take(version(9));
        PolicyDecision.Restarted restarted =
                assertInstanceOf(PolicyDecision.Restarted.class, announce(State.READY, version(1)));
        written.addAll(ledger.resume(ledger.restart(restarted.words()), List.of(), nowMs));
        Announcement again = new Announcement(new Lineage(0), State.READY, version(1));
        assertEquals(new PolicyDecision.Unchanged(ledger.policy()), ledger.announce(again, nowMs));
        assertEquals(new PolicyDecision.Unchanged(ledger.policy()), again().announce(again, nowMs));
        assertInstanceOf(
                PolicyDecision.Refused.class,
                ledger.announce(new Announcement(new Lineage(0), State.READY, version(2)), nowMs));
        StepRecord.Lease lease = lease();
        assertInstanceOf(PolicyDecision.Refused.class, ledger.announce(again, nowMs));
        ledger.acknowledge(lease.token(), null, null, nowMs);
        assertInstanceOf(PolicyDecision.Refused.class, ledger.announce(again, nowMs));
    }

    @Test
    void aLowerVersionIsRefusedWhereTheSettingSaysSoAndTheExpectedOneIsNamed() {
        StepLedger strict = new StepLedger(CAPACITY, new VersionRules(8, OnVersionRestart.REFUSE));
        strict.announce(new Announcement(new Lineage(0), State.READY, version(5)), 1);
        String why = assertInstanceOf(
                        PolicyDecision.Refused.class,
                        strict.announce(new Announcement(new Lineage(0), State.READY, version(4)), 1))
                .why();
        assertTrue(why.contains("older than the current 5: expected is 6"), why);
        assertEquals(version(5), strict.policy().weightVersion());
    }

    @Test
    void aVersionThatNobodyCanHaveCountedToIsRefusedAndTheExpectedOneIsNamed() {
        String why = assertInstanceOf(PolicyDecision.Refused.class, announce(State.READY, version(1795535561L)))
                .why();
        assertTrue(why.contains("expected is 1"), why);
        changed(State.READY, version(8));
        assertInstanceOf(PolicyDecision.Refused.class, announce(State.READY, version(17)));
        StepRecord.Lease lease = lease();
        AckDecision.Refused high = assertInstanceOf(
                AckDecision.Refused.class, ledger.acknowledge(lease.token(), version(17), null, nowMs));
        assertTrue(high.why().contains("expected is 9"), high.why());
        assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(lease.token(), version(16), null, nowMs));
    }

    @Test
    void theFirstWordAfterAResumptionNamesTheVersionThatItBeganWith() {
        take(version(1));
        take(version(2));
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(new StepNumber(2), ResumeMode.FRESH, new Lineage(1)));
        written.addAll(ledger.resume(may, List.of(), nowMs));
        assertEquals(version(2), changed(State.READY, version(500)).weightVersion());
        assertEquals(version(500), ledger.policy().word());
        take(version(501));
        assertEquals(version(3), ledger.policy().weightVersion());
        assertEquals(ledger.policy(), again().policy());
    }

    @Test
    void aFirstAcknowledgementAfterAResumptionNamesTheVersionAfter() {
        take(version(1));
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(new StepNumber(1), ResumeMode.FRESH, new Lineage(1)));
        written.addAll(ledger.resume(may, List.of(), nowMs));
        take(version(1));
        assertEquals(version(2), ledger.policy().weightVersion());
        assertEquals(version(1), ledger.policy().word());
    }

    @Test
    void aTrainerThatComesWithACheckpointOfAnotherRunIsToldHowToBegin() {
        PolicyDecision.Refused jump =
                assertInstanceOf(PolicyDecision.Refused.class, announce(State.READY, version(100)));
        for (String part : List.of("expected is 1", "POST /v1/resume", "lineage 1", "weight_version 100")) {
            assertTrue(jump.why().contains(part), jump::why);
        }
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(new StepNumber(0), ResumeMode.REPLAY, new Lineage(1)));
        written.addAll(ledger.resume(may.calling(version(100)), List.of(), nowMs));
        assertEquals(version(100), ledger.policy().word());
        assertEquals(version(0), ledger.policy().weightVersion());
        assertEquals(State.UPDATING, ledger.policy().state());
        assertEquals(OptionalLong.of(0), ledger.policy().number(100), "engines may have the checkpoint already");
        assertEquals(ledger.policy(), again().policy());
        String why = assertInstanceOf(PolicyDecision.Refused.class, announce(State.READY, version(101)))
                .why();
        assertTrue(why.contains("not what the resumption named") && why.contains("weight_version 100"), why);
        assertEquals(version(100), ledger.policy().word(), "the refused word has changed nothing");
        assertEquals(version(0), changed(State.READY, version(100)).weightVersion());
        take(version(101));
        assertEquals(version(1), ledger.policy().weightVersion());
        assertEquals(version(101), again().policy().word());
    }

    @Test
    void anAcknowledgementCountsFromWhatTheResumptionNamed() {
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(new StepNumber(0), ResumeMode.FRESH, new Lineage(1)));
        written.addAll(ledger.resume(may.calling(version(100)), List.of(), nowMs));
        StepRecord.Lease lease = lease();
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(lease.token(), version(7), null, nowMs));
        assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(lease.token(), version(500), null, nowMs));
        assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(lease.token(), version(101), null, nowMs));
        assertEquals(version(1), ledger.policy().weightVersion());
        assertEquals(version(101), ledger.policy().word());
    }

    @Test
    void aResumedStepIsCalledWhatItWasWhenItWasTrained() {
        for (long version = 1; version <= 5; version++) {
            take(version(version));
        }
        PolicyDecision.Restarted restarted =
                assertInstanceOf(PolicyDecision.Restarted.class, announce(State.READY, version(1)));
        written.addAll(ledger.resume(ledger.restart(restarted.words()), List.of(), nowMs));
        take(version(2));
        assertEquals(version(6), ledger.policy().weightVersion());
        StepHistory history = new StepHistory(ledger.lineage());
        written.stream()
                .filter(StepRecord.class::isInstance)
                .map(StepRecord.class::cast)
                .forEach(history::add);
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(new StepNumber(3), ResumeMode.FRESH, new Lineage(2)));
        written.addAll(ledger.resume(may, history.steps(new StepNumber(3), may.recordedBefore()), nowMs));
        assertEquals(version(3), ledger.policy().weightVersion());
        assertEquals(version(3), ledger.policy().word());
        assertEquals(ledger.policy().words(), againBySteps().policyOfSteps().words());
        changed(State.READY, null);
        assertEquals(OptionalLong.of(3), ledger.policy().number(3));
        take(version(4));
        assertEquals(version(4), ledger.policy().weightVersion());
    }

    @Test
    void aCountBegunAnewIsToldFromStepsAlone() {
        take(version(8));
        PolicyDecision.Restarted restarted =
                assertInstanceOf(PolicyDecision.Restarted.class, announce(State.READY, version(1)));
        written.addAll(ledger.resume(ledger.restart(restarted.words()), List.of(), nowMs));
        assertEquals(ledger.policy(), againBySteps().policyOfSteps());
    }

    @Test
    void whatAnEndedTrainerPushedAndNeverAnnouncedIsAheadForOneThatCountsAnew() {
        take(version(8));
        assertNull(ledger.ahead(new Lineage(0), version(9)), "it may be about to say so");
        PolicyDecision.Restarted restarted =
                assertInstanceOf(PolicyDecision.Restarted.class, announce(State.READY, version(1)));
        written.addAll(ledger.resume(ledger.restart(restarted.words()), List.of(), nowMs));
        assertNotNull(ledger.ahead(new Lineage(0), version(9)));
        assertNull(ledger.ahead(new Lineage(0), version(8)));
        assertNull(ledger.ahead(new Lineage(1), version(9)), "the trainer of now may be about to say so");
        take(version(2));
        assertEquals(version(9), ledger.policy().weightVersion());
        assertNull(ledger.ahead(new Lineage(0), version(10)), "a straggler under the trainer of now");
    }

    @Test
    void whatATrainerReadsHasItsOwnWords() {
        take(version(8));
        PolicyDecision.Restarted restarted =
                assertInstanceOf(PolicyDecision.Restarted.class, announce(State.READY, version(3)));
        written.addAll(ledger.resume(ledger.restart(restarted.words()), List.of(), nowMs));
        LeaseDecision decision = ledger.mayLease(ledger.nextStep());
        while (decision instanceof LeaseDecision.MayLease) {
            take(null);
            decision = ledger.mayLease(ledger.nextStep());
        }
        String why = assertInstanceOf(LeaseDecision.UnfillableAtThisVersion.class, decision)
                .why();
        assertTrue(why.contains("with weight version 3 "), why);
    }

    /** Where the log of announcements has lost everything. */
    private StepLedger againBySteps() {
        StepLedger again = new StepLedger(CAPACITY);
        written.stream()
                .filter(StepRecord.class::isInstance)
                .map(StepRecord.class::cast)
                .forEach(again::fold);
        return again;
    }

    @Test
    void onlyReadyNamesAVersion() {
        assertThrows(
                IllegalArgumentException.class, () -> new Announcement(new Lineage(0), State.UPDATING, version(1)));
        assertThrows(IllegalArgumentException.class, () -> new Announcement(new Lineage(0), State.PAUSED, version(1)));
    }

    @Test
    void aNewVersionMakesRoomForFurtherStepsAlsoAfterARestart() {
        take(null);
        take(null);
        assertInstanceOf(LeaseDecision.UnfillableAtThisVersion.class, ledger.mayLease(ledger.nextStep()));
        changed(State.UPDATING, null);
        assertEquals(2, again().stepsInVersion());
        changed(State.READY, version(1));
        assertEquals(0, ledger.stepsInVersion());
        assertEquals(0, again().stepsInVersion());
        take(null);
        assertEquals(1, ledger.stepsInVersion());
        StepLedger again = again();
        assertEquals(1, again.stepsInVersion());
        assertEquals(ledger.policy(), again.policy());
        assertTrue(again.mayLease(again.nextStep()) instanceof LeaseDecision.MayLease);
    }

    @Test
    void stepsReplayedAfterAVersionOfItsOwnAreCountedOnceAfterARestart() {
        take(version(1));
        take(version(2));
        take(version(3));
        List<StepRecord.Lease> leases = written.stream()
                .filter(StepRecord.Lease.class::isInstance)
                .map(StepRecord.Lease.class::cast)
                .toList();
        List<StepHistory.Kept> kept = leases.subList(1, 3).stream()
                .map(lease -> new StepHistory.Kept(lease, null))
                .toList();
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class, ledger.mayResume(new StepNumber(1), ResumeMode.REPLAY, new Lineage(1)));
        written.addAll(ledger.resume(may, kept, nowMs));
        assertEquals(version(1), changed(State.READY, version(1)).weightVersion());
        StepRecord.Lease again1 = ledger.leaseRecorded(new LeaseId("00000000000000ab"), nowMs);
        written.add(again1);
        written.addAll(
                assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(again1.token(), null, null, nowMs))
                        .records());
        assertEquals(1, ledger.stepsInVersion());
        // After the first step of the checkpoint and the one that was trained again.
        assertEquals(2 * B, changed(State.READY, version(9)).trainedGroups());
        StepLedger again = again();
        again.recorded(kept.subList(1, 2));
        assertEquals(0, again.stepsInVersion());
        assertEquals(ledger.policy(), again.policy());
    }
}
