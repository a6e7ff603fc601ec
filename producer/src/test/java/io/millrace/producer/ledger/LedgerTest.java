package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.AttemptHistory.Kind;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.ledger.group.Group;
import io.millrace.producer.ledger.group.GroupState;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private static final RecoveryLimits LIMITS = new RecoveryLimits(3, 2, 10_000, 60_000);

    private static final Liveness ALIVE = new Liveness(Duration.ofSeconds(2), Duration.ofSeconds(2));

    private final Ledger ledger = new Ledger(GroupKind.TRAINING, new Reissues(LIMITS));

    private void publish(long... indices) {
        for (long index : indices) {
            ledger.published(Lane.TRAINING, Events.task(index), 10 + index, 0);
        }
    }

    private GroupState state(long index) {
        return ledger.state(new GroupIndex(index));
    }

    @Test
    void aGroupGoesFromQueueToWorkerToResultToTraining() {
        publish(0);
        assertInstanceOf(GroupState.Queued.class, state(0));
        ledger.workerStatus(Events.status(Events.WORKER, 1, List.of(0L)), 5);
        assertEquals(new GroupState.InFlight(Events.WORKER, 5), state(0));
        assertEquals(ReceiptFate.FINISHED, ledger.receipt(Events.success(0, 1), 0, 6));
        assertEquals(new GroupState.Finished(new Attempt(1)), state(0));
        ledger.step(Events.lease(0, List.of(0L)));
        assertEquals(1, ledger.counts().finished());
        ledger.step(Events.ack(0, new Totals(1, 0, 0, 1)));
        assertNull(state(0));
        assertTrue(ledger.isSettled(new GroupIndex(0)));
        assertEquals(1, ledger.totals().trained());
        assertEquals(1, ledger.counts().lowWaterMark());
        assertEquals(0, ledger.counts().unsettled());
    }

    @Test
    void tasksBelowTheShareGroupsStartHaveLeftTheQueue() {
        publish(0, 1, 2);
        ledger.queueStart(Lane.TRAINING, 12, 7);
        assertEquals(new GroupState.InFlight(null, 7), state(0));
        assertEquals(new GroupState.InFlight(null, 7), state(1));
        assertInstanceOf(GroupState.Queued.class, state(2));
        publish(3);
        ledger.queueStart(Lane.TRAINING, 11, 8);
        assertInstanceOf(GroupState.Queued.class, state(3));
        assertEquals(2, ledger.counts().queued());
    }

    /** The log of a lane, or of partial records, has lost its tail and grown again. */
    @Test
    void aTaskAtTheOffsetOfAnotherThatIsLostDoesNotTakeItsPlace() {
        publish(0, 1);
        ledger.published(Lane.URGENT, Events.task(0, 2, null), 5, 0);
        ledger.published(Lane.URGENT, Events.task(1, 2, null), 5, 0);
        ledger.step(Events.discard(1, new Totals(0, 1, 0, 0)));
        assertEquals(5, ledger.neededFrom(TrimmedTopic.URGENT), "of group 0");
        ledger.queueStart(Lane.URGENT, 6, 7);
        assertEquals(new GroupState.InFlight(null, 7), state(0));
        ledger.published(Lane.URGENT, Events.task(0, 3, null), 6, 8);
        publish(2);
        ledger.published(Lane.URGENT, Events.task(2, 2, null), 6, 8);
        ledger.queueStart(Lane.URGENT, 7, 9);
        assertEquals(new GroupState.InFlight(null, 9), state(0));
        assertEquals(state(0), state(2));
    }

    @Test
    void aPublicationReadAfterTheShareGroupsStartIsNotQueued() {
        ledger.queueStart(Lane.TRAINING, 11, 3);
        publish(0, 1);
        assertEquals(new GroupState.InFlight(null, 0), state(0));
        assertInstanceOf(GroupState.Queued.class, state(1));
    }

    /** A part that was sent again stands behind later ones. */
    @Test
    void everyPartOfAPartialGroupIsKeptUntilItsGroupIsSettled() {
        publish(0);
        ledger.receipt(
                Events.handedBack(
                        0,
                        1,
                        new PartialRef(List.of(9L, 7L, 8L), new Attempt(1), new Lineage(0), new WeightVersion(0), 1)),
                0,
                0);
        assertEquals(7, ledger.neededFrom(TrimmedTopic.PARTIALS));
        ledger.step(Events.discard(0, new Totals(0, 1, 0, 0)));
        assertEquals(10, ledger.neededFrom(TrimmedTopic.PARTIALS));
    }

    @Test
    void aReceiptBeforeThePublicationCounts() {
        assertEquals(ReceiptFate.FINISHED, ledger.receipt(Events.success(4, 1), 0, 0));
        assertEquals(1, ledger.counts().announced());
        assertEquals(0, ledger.counts().finished());
        publish(4);
        assertInstanceOf(GroupState.Finished.class, state(4));
        assertEquals(0, ledger.counts().announced());
        assertEquals(1, ledger.counts().published());
    }

    @Test
    void aStatusAfterTheReceiptDoesNotTakeTheGroupBack() {
        publish(0);
        ledger.receipt(Events.success(0, 1), 0, 0);
        ledger.workerStatus(Events.status(Events.WORKER, 1, List.of(0L)), 1);
        assertInstanceOf(GroupState.Finished.class, state(0));
    }

    @Test
    void nothingBringsASettledGroupBack() {
        publish(0, 1);
        ledger.step(Events.discard(1, new Totals(0, 1, 0, 0)));
        assertEquals(ReceiptFate.LATE, ledger.receipt(Events.success(1, 1), 0, 0));
        ledger.workerStatus(Events.status(Events.WORKER, 1, List.of(1L)), 0);
        assertEquals(ReceiptFate.LATE, ledger.step(Events.rejection(1, 1)));
        publish(1);
        assertNull(state(1));
        assertEquals(new Totals(0, 1, 0, 0), ledger.totals());
        assertEquals(1, ledger.totals().discarded());
        assertEquals(1, ledger.counts().unsettled());
    }

    @Test
    void aGroupSettledBeforeItsPublicationWasReadIsNeverHeld() {
        ledger.step(Events.abandonment(0, new Totals(0, 0, 1, 1)));
        publish(0);
        assertNull(state(0));
        assertEquals(1, ledger.counts().published());
        assertEquals(1, ledger.totals().abandoned());
    }

    @Test
    void aWorkerThatNoLongerNamesAGroupDoesNotHoldIt() {
        publish(0);
        ledger.workerStatus(Events.status(Events.WORKER, 1, List.of(0L)), 1);
        ledger.workerStatus(Events.status(Events.WORKER, 2, List.of()), 9);
        assertEquals(new GroupState.InFlight(null, 9), state(0));
        ledger.workerStatus(Events.status(Events.OTHER_WORKER, 1, List.of(0L)), 10);
        assertEquals(new GroupState.InFlight(Events.OTHER_WORKER, 10), state(0));
    }

    @Test
    void anOlderStatusOfTheSameIncarnationSaysNothing() {
        publish(0);
        ledger.workerStatus(Events.status(Events.WORKER, 5, List.of(0L)), 1);
        ledger.workerStatus(Events.status(Events.WORKER, 4, List.of()), 2);
        assertEquals(new GroupState.InFlight(Events.WORKER, 1), state(0));
        ledger.workerStatus(Events.status(new WorkerIncarnation("w1", "b"), 1, List.of()), 3);
        assertEquals(new GroupState.InFlight(Events.WORKER, 1), state(0));
    }

    @Test
    void aFailedAttemptKeepsItsCauseAndALaterSuccessFinishes() {
        publish(0);
        assertEquals(ReceiptFate.FAILED, ledger.receipt(Events.failure(0, 1), 0, 0));
        assertEquals(new GroupState.Failed(new Attempt(1), Kind.FAILED, "deadline: attempt 1"), state(0));
        assertEquals(ReceiptFate.SUPERSEDED, ledger.receipt(Events.failure(0, 1), 0, 0));
        assertEquals(ReceiptFate.FINISHED, ledger.receipt(Events.success(0, 1), 0, 0));
        assertEquals(ReceiptFate.DUPLICATE, ledger.receipt(Events.success(0, 2), 0, 0));
        assertEquals(ReceiptFate.SUPERSEDED, ledger.receipt(Events.failure(0, 3), 0, 0));
        assertEquals(1, ledger.counts().finished());
    }

    @Test
    void aRejectedResultIsAFailedAttemptWhicheverIsReadFirst() {
        publish(0, 1);
        ledger.receipt(Events.success(0, 1), 0, 0);
        assertEquals(ReceiptFate.FAILED, ledger.step(Events.rejection(0, 1)));
        ledger.step(Events.rejection(1, 1));
        assertEquals(ReceiptFate.SUPERSEDED, ledger.receipt(Events.success(1, 1), 0, 0));
        assertEquals(new GroupState.Failed(new Attempt(1), Kind.REJECTED, "rejected: no tokens"), state(0));
        assertEquals(state(0), state(1));
        assertEquals(2, ledger.counts().failed());
    }

    @Test
    void aReceiptIsAClaimAndWhatIsMissingIsIssuedAgain() {
        publish(0);
        ledger.receipt(Events.success(0, 1), 0, 0);
        assertEquals(ReceiptFate.FAILED, ledger.step(Events.missing(0, 1)));
        Decision.Reissue again = assertInstanceOf(
                Decision.Reissue.class, ledger.due(ALIVE, 0, 10).getFirst());
        assertEquals(new Attempt(2), again.attempt());
        assertEquals(1, again.history().losses());
        assertEquals(0, again.history().failures());
        assertTrue(again.history().ends().getLast().cause().contains("missing at partition 0"), again::toString);
    }

    @Test
    void theReceiptOfAMissingResultDoesNotBringItBackWheneverItIsRead() {
        publish(0);
        ledger.step(Events.missing(0, 1));
        assertEquals(ReceiptFate.SUPERSEDED, ledger.receipt(Events.success(0, 1), 0, 0));
        assertInstanceOf(GroupState.Failed.class, state(0));
        ledger.published(Lane.URGENT, Events.task(0, 2, null), 0, 0);
        ledger.receipt(Events.success(0, 1), 1, 0);
        assertInstanceOf(GroupState.Queued.class, state(0));
        ledger.receipt(Events.success(0, 2), 2, 0);
        assertEquals(new GroupState.Finished(new Attempt(2)), state(0));
    }

    @Test
    void aMissingResultLeavesTheGroupWithItsOtherAttempts() {
        publish(0);
        ledger.published(Lane.URGENT, Events.task(0, 2, null), 0, 0);
        ledger.receipt(Events.success(0, 1), 0, 0);
        ledger.step(Events.missing(0, 1));
        assertInstanceOf(GroupState.Queued.class, state(0));
        ledger.receipt(Events.success(0, 2), 1, 0);
        ledger.step(Events.missing(0, 1));
        assertEquals(new GroupState.Finished(new Attempt(2)), state(0));
    }

    @Test
    void whatASnapshotSaysIsMissingIsMissing() {
        ledger.step(Events.snapshot(0, Totals.NONE, new BitSet(), List.of(), List.of(Events.missing(0, 1))));
        publish(0);
        ledger.receipt(Events.success(0, 1), 0, 0);
        assertInstanceOf(GroupState.Failed.class, state(0));
    }

    @Test
    void aVoidLeaseSettlesNothingAndItsStepIsLeasedAnew() {
        publish(0, 1);
        ledger.step(Events.lease(0, List.of(0L)));
        ledger.step(new StepRecord.LeaseVoid(new Lineage(0), new StepNumber(0), "gone"));
        assertThrows(IllegalStateException.class, () -> ledger.step(Events.ack(0, new Totals(1, 0, 0, 1))));
        ledger.step(Events.lease(0, List.of(1L)));
        ledger.step(Events.ack(0, new Totals(1, 0, 0, 0)));
        assertFalse(ledger.isSettled(new GroupIndex(0)));
    }

    @Test
    void aResultTakenBackLeavesTheGroupWithItsNewerAttempt() {
        publish(0);
        ledger.receipt(Events.success(0, 1), 0, 0);
        ledger.published(Lane.URGENT, Events.task(0, 2, null), 0, 0);
        assertEquals(new GroupState.Finished(new Attempt(1)), state(0));
        assertEquals(ReceiptFate.SUPERSEDED, ledger.step(Events.rejection(0, 1)));
        assertEquals(new GroupState.Queued(), state(0));
        ledger.receipt(Events.failure(0, 2), 1, 0);
        assertEquals(new GroupState.Failed(new Attempt(2), Kind.FAILED, "deadline: attempt 2"), state(0));
    }

    @Test
    void theTrainersLowWaterMarkSettlesWhatWasNotSeenSettled() {
        publish(0, 1, 2, 3);
        ledger.step(Events.discard(2, new Totals(2, 1, 0, 3)));
        assertEquals(3, ledger.counts().lowWaterMark());
        assertNull(state(0));
        assertEquals(1, ledger.counts().unsettled());
    }

    @Test
    void anAcknowledgementOfAnotherStepThanTheOneLeasedIsRefused() {
        publish(0);
        ledger.step(Events.lease(3, List.of(0L)));
        String message = assertThrows(IllegalStateException.class, () -> ledger.step(Events.ack(4, Totals.NONE)))
                .getMessage();
        assertTrue(message.contains("step 4") && message.contains("step 3"), message);
        ledger.step(Events.ack(3, new Totals(1, 0, 0, 1)));
        ledger.step(Events.ack(3, new Totals(1, 0, 0, 1)));
        assertEquals(1, ledger.totals().trained());
    }

    @Test
    void theRewardMeanIsThatOfTheFinishedGroups() {
        assertTrue(Double.isNaN(ledger.counts().rewardMean()));
        publish(0, 1, 2, 3);
        for (long index = 0; index < 3; index++) {
            ledger.receipt(Events.success(index, 1), 0, 0);
        }
        assertEquals(2.0 / 3, ledger.counts().rewardMean(), 1e-12);
    }

    @Test
    void namesThatWereNeverPublishedAreBounded() {
        for (long index = 0; index < Ledger.ANNOUNCED_MAX; index++) {
            ledger.receipt(Events.failure(1_000_000 + index, 1), 0, 0);
        }
        assertEquals(ReceiptFate.UNKNOWN, ledger.receipt(Events.failure(1, 1), 0, 0));
        assertEquals(Ledger.ANNOUNCED_MAX, ledger.counts().announced());
        publish(1);
        assertEquals(ReceiptFate.FAILED, ledger.receipt(Events.failure(1, 1), 0, 0));
    }

    private Decision.Abandon givenUp(long index) {
        Decision.Abandon decision = assertInstanceOf(
                Decision.Abandon.class, ledger.due(ALIVE, 0, 10).getFirst());
        assertEquals(index, decision.group().value());
        ledger.givingUp(decision.group(), decision.number(), 0);
        assertInstanceOf(GroupState.Abandoning.class, state(index));
        return decision;
    }

    private void failThrice() {
        publish(0);
        AttemptHistory history = AttemptHistory.NONE
                .with(new AttemptHistory.AttemptEnd(new Attempt(1), Kind.FAILED, "no engine"))
                .with(new AttemptHistory.AttemptEnd(new Attempt(2), Kind.FAILED, "no engine"));
        ledger.published(Lane.URGENT, Events.task(0, 3, history), 0, 0);
        ledger.receipt(Events.failure(0, 3), 0, 0);
    }

    @Test
    void aGroupWhoseMarkerIsMissingIsGivenUpAgain() {
        failThrice();
        Decision.Abandon first = givenUp(0);
        assertEquals(new Attempt(4), first.number());
        assertEquals(
                ReceiptFate.GIVEN_UP, ledger.receipt(Receipt.abandoned(first.group(), first.number(), 0, 7), 1, 0));
        assertEquals(List.of(), ledger.due(ALIVE, 0, 10));
        assertEquals(ReceiptFate.FAILED, ledger.step(Events.missing(0, 4)));
        Decision.Abandon second = givenUp(0);
        assertEquals(new Attempt(5), second.number(), "told from the first, whose place it may take");
        assertEquals(first.history(), second.history());
        assertEquals(ReceiptFate.SUPERSEDED, ledger.step(Events.missing(0, 4)), "said twice");
        assertInstanceOf(GroupState.Abandoning.class, state(0));
    }

    /** Settings allow 100 failed attempts of a group, and 1000 lost ones. */
    @Test
    void whatBecomesOfAnAttemptCountsHoweverManyThereWereBefore() {
        Ledger patient = new Ledger(GroupKind.TRAINING, new Reissues(new RecoveryLimits(100, 1_000, 10_000, 60_000)));
        GroupIndex group = new GroupIndex(0);
        patient.published(Lane.TRAINING, Events.task(0), 10, 0);
        for (long attempt = 1; attempt < 100; attempt++) {
            assertEquals(ReceiptFate.FAILED, patient.step(Events.rejection(0, attempt)), "attempt " + attempt);
            AttemptHistory history = new AttemptHistory((int) attempt, 0, 0, List.of());
            patient.published(Lane.URGENT, Events.task(0, attempt + 1, history), attempt, 0);
        }
        assertEquals(ReceiptFate.FINISHED, patient.receipt(Events.success(0, 100), 0, 0));
        assertEquals(new GroupState.Finished(new Attempt(100)), patient.state(group));
        patient.step(Events.rejection(0, 100));
        for (long number = 101; number < 200; number++) {
            assertEquals(1, patient.due(ALIVE, 0, 10).size());
            assertEquals(
                    ReceiptFate.GIVEN_UP,
                    patient.receipt(Receipt.abandoned(group, new Attempt(number), 0, 7), number, 0));
            assertEquals(List.of(), patient.due(ALIVE, 0, 10));
            patient.step(Events.missing(0, number));
        }
    }

    @Test
    void attemptsThatWereNeverPublishedAreBounded() {
        publish(0);
        for (long attempt = 2; attempt < 2 + Group.ENDS_MAX; attempt++) {
            ledger.receipt(Events.failure(0, attempt), 0, 0);
        }
        assertEquals(ReceiptFate.SUPERSEDED, ledger.receipt(Events.failure(0, 1_000), 0, 0));
        assertEquals(ReceiptFate.SUPERSEDED, ledger.receipt(Events.success(0, 1_001), 0, 0));
        assertEquals(ReceiptFate.FINISHED, ledger.receipt(Events.success(0, 1), 0, 0));
    }

    @Test
    void anAbandonmentWhoseReceiptIsNotReadBackIsWrittenAgain() {
        failThrice();
        givenUp(0);
        Liveness alive = new Liveness(Duration.ofSeconds(2), Duration.ofSeconds(2));
        alive.sent(1, 0);
        alive.readBack(1, 0);
        assertEquals(List.of(), ledger.doubtful(alive, 9_999));
        assertEquals(List.of(new GroupIndex(0)), ledger.doubtful(alive, 10_000));
        givenUp(0);
    }

    @Test
    void statesRefuseMovesThatCannotHappen() {
        GroupState finished = new GroupState.Finished(new Attempt(1));
        GroupState.InFlight inFlight = new GroupState.InFlight(null, 0);
        GroupState abandoning = new GroupState.Abandoning(new Attempt(3));
        GroupState announced = new GroupState.Announced();
        for (GroupState state : List.of(finished, inFlight, abandoning)) {
            assertThrows(IllegalStateException.class, () -> state.to(announced));
        }
        for (GroupState.Kind kind : GroupState.Kind.values()) {
            assertFalse(kind.mayBecome(GroupState.Kind.ANNOUNCED));
        }
        assertTrue(GroupState.Kind.FAILED.mayBecome(GroupState.Kind.FINISHED));
    }

    @Test
    void aGroupOfTheOtherKindThatAWorkerHoldsSaysNothingOfTheOneOfItsIndex() {
        Ledger evaluations = new Ledger(GroupKind.EVALUATION, new Reissues(LIMITS));
        evaluations.published(Lane.EVALUATION, Events.task(0), 10, 0);
        publish(0);
        WorkersRecord.Status status = Events.status(Events.WORKER, 1, List.of(0L));
        evaluations.workerStatus(status, 5);
        ledger.workerStatus(status, 5);
        assertEquals(
                GroupState.Kind.QUEUED, evaluations.state(new GroupIndex(0)).kind());
        assertEquals(GroupState.Kind.IN_FLIGHT, ledger.state(new GroupIndex(0)).kind());
    }

    @Test
    void aLaneOfAllAttemptsTakesLaterOnesOfWhatStandsThereOnly() {
        Ledger evaluations = new Ledger(GroupKind.EVALUATION, new Reissues(LIMITS));
        assertTrue(evaluations.published(Lane.EVALUATION, Events.task(4), 10, 0));
        assertTrue(evaluations.published(Lane.EVALUATION, Events.task(4, 2, null), 12, 0));
        assertFalse(evaluations.published(Lane.EVALUATION, Events.task(5, 2, null), 14, 0));
        assertEquals(1, evaluations.counts().published());
        assertEquals(10, evaluations.neededFrom(TrimmedTopic.EVALUATION));
    }

    @Test
    void aClosedGroupIsGoneAndHasNoEndThatCounts() {
        Ledger evaluations = new Ledger(GroupKind.EVALUATION, new Reissues(LIMITS));
        evaluations.published(Lane.EVALUATION, Events.task(4), 10, 0);
        evaluations.close(new GroupIndex(3), new GroupIndex(5));
        assertNull(evaluations.state(new GroupIndex(4)));
        assertEquals(0, evaluations.totals().settled());
        assertEquals(11, evaluations.neededFrom(TrimmedTopic.EVALUATION));
    }
}
