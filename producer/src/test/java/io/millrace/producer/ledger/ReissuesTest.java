package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.AttemptHistory.Kind;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.StepRecord;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.ledger.group.GroupState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When an attempt is over, and what follows; worker timeout 10 s, deadline 60 s, 3 failures or 2 losses end a group. */
class ReissuesTest {
    private final Ledger ledger =
            new Ledger(GroupKind.TRAINING, new Reissues(new RecoveryLimits(3, 2, 10_000, 60_000)));
    private final Liveness liveness = new Liveness(Duration.ofHours(1), Duration.ofHours(1));
    private long sequence;

    private void alive(long sinceMs) {
        liveness.sent(1, sinceMs);
        liveness.readBack(1, sinceMs);
    }

    private void publish(long index) {
        ledger.published(Lane.TRAINING, Events.task(index), index, 0);
    }

    private void holds(long nowMs, Map<Long, Long> held) {
        ledger.workerStatus(Events.status(Events.WORKER, ++sequence, held), nowMs);
    }

    private List<Decision> due(long nowMs) {
        return ledger.due(liveness, nowMs, 100);
    }

    private Decision.Reissue again(Decision decision) {
        Decision.Reissue again = assertInstanceOf(Decision.Reissue.class, decision);
        ledger.published(
                Lane.URGENT,
                Events.task(again.group().value(), again.attempt().value(), again.history())
                        .from(again.partial()),
                again.attempt().value(),
                0);
        return again;
    }

    @Test
    void aGroupThatNoWorkerNamesForTheTimeoutIsLost() {
        alive(0);
        publish(0);
        publish(1);
        holds(1_000, Map.of(0L, 1L, 1L, 1L));
        holds(3_000, Map.of(1L, 1L));
        assertEquals(List.of(), due(12_999));
        List<Decision> due = due(13_000);
        assertEquals(2, due.size());
        assertEquals(Kind.LOST, due.getFirst().kind());
        holds(13_000, Map.of(1L, 1L));
        assertEquals(1, due(13_000).size(), "a status that names it again takes it back");
        assertEquals(new Attempt(2), again(due.getFirst()).attempt());
        assertEquals(List.of(), due(13_000), "a new attempt is queued, and waits as long as it must");
        assertEquals(
                List.of(),
                due(20_000_000).stream()
                        .filter(d -> d.group().equals(new GroupIndex(0)))
                        .toList());
    }

    @Test
    void aQueuedGroupIsNeverLostAndOneThatLeftItsQueueUnnamedIs() {
        alive(0);
        publish(0);
        publish(1);
        ledger.queueStart(Lane.TRAINING, 1, 5_000);
        assertEquals(List.of(), due(14_999));
        assertEquals(new GroupIndex(0), due(15_000).getFirst().group());
        assertEquals(1, due(15_000).size());
    }

    @Test
    void nobodyIsLostDuringAGapNorWithinTheTimeoutAfterIt() {
        publish(0);
        holds(0, Map.of(0L, 1L));
        assertEquals(List.of(), due(50_000));
        alive(50_000);
        assertEquals(List.of(), due(59_999));
        assertEquals(1, due(60_000).size());
    }

    @Test
    void aStatusOfAnOlderAttemptDoesNotKeepTheNewerOneAlive() {
        alive(0);
        publish(0);
        ledger.receipt(Events.failure(0, 1), 0, 0);
        again(due(0).getFirst());
        ledger.queueStart(Lane.URGENT, 100, 1_000);
        holds(9_000, Map.of(0L, 1L));
        assertEquals(Kind.LOST, due(11_000).getFirst().kind());
    }

    @Test
    void anAttemptThatItsWorkerNeverEndsMissesItsDeadline() {
        alive(0);
        publish(0);
        for (long nowMs = 0; nowMs < 70_000; nowMs += 2_000) {
            holds(nowMs, Map.of(0L, 1L));
            assertEquals(List.of(), due(nowMs));
        }
        holds(70_000, Map.of(0L, 1L));
        Decision.Reissue again = again(due(70_000).getFirst());
        assertEquals(Kind.DEADLINE, again.kind());
        assertEquals(1, again.history().failures());
    }

    @Test
    void failuresAndLossesHaveLimitsOfTheirOwnAndHandBacksNone() {
        alive(0);
        publish(0);
        for (long attempt = 1; attempt <= 20; attempt++) {
            ledger.receipt(Events.handedBack(0, attempt), attempt, 0);
            assertEquals(Kind.HANDED_BACK, again(due(0).getFirst()).kind());
        }
        ledger.receipt(Events.failure(0, 21), 21, 0);
        again(due(0).getFirst());
        ledger.queueStart(Lane.URGENT, 100, 0);
        assertEquals(Kind.LOST, again(due(10_000).getFirst()).kind());
        ledger.receipt(Events.failure(0, 23), 23, 0);
        again(due(0).getFirst());
        ledger.receipt(Events.failure(0, 24), 24, 0);
        Decision.Abandon end = assertInstanceOf(Decision.Abandon.class, due(0).getFirst());
        assertEquals(3, end.history().failures());
        assertEquals(1, end.history().losses());
        assertEquals(20, end.history().handBacks());
        assertEquals(new Attempt(24), end.last().attempt());
        assertTrue(end.cause().startsWith("3 attempts failed, the limit is 3: deadline: attempt 24"), end.cause());
        ledger.givingUp(end.group(), end.number(), 0);
        assertEquals(List.of(), due(0));
        assertEquals(ReceiptFate.LATE, ledger.receipt(Events.success(0, 24), 25, 0));
        assertEquals(1, ledger.counts().abandoning());
    }

    @Test
    void whatWasGeneratedGoesOnThroughHandBacksAndLossesAndIsDroppedWithAFailure() {
        PartialRef first = new PartialRef(List.of(7L, 8L), new Attempt(1), new Lineage(0), new WeightVersion(0), 100);
        PartialRef second = new PartialRef(List.of(9L), new Attempt(3), new Lineage(0), new WeightVersion(0), 200);
        alive(0);
        publish(0);
        ledger.receipt(Events.handedBack(0, 1, first), 1, 0);
        assertEquals(first, again(due(0).getFirst()).partial());
        ledger.queueStart(Lane.URGENT, 100, 0);
        assertEquals(first, again(due(10_000).getFirst()).partial(), "the lost one began there");
        ledger.receipt(Events.handedBack(0, 3, second), 2, 0);
        assertEquals(second, again(due(0).getFirst()).partial());
        assertEquals(7, ledger.neededFrom(TrimmedTopic.PARTIALS));
        ledger.receipt(Events.handedBack(0, 4, null), 3, 0);
        Decision.Reissue unread = again(due(0).getFirst());
        assertEquals(second, unread.partial(), "nothing new");
        assertEquals(second, unread.partial(new Lineage(0)));
        assertNull(unread.partial(new Lineage(1)), "tokens of a lineage that was given up");
        ledger.receipt(Events.failure(0, 5), 4, 0);
        assertNull(again(due(0).getFirst()).partial());
        ledger.step(Events.discard(0, new StepRecord.Totals(0, 1, 0, 1)));
        assertEquals(10, ledger.neededFrom(TrimmedTopic.PARTIALS));
    }

    @Test
    void tooManyLossesEndAGroup() {
        alive(0);
        publish(0);
        ledger.queueStart(Lane.TRAINING, 1, 0);
        again(due(10_000).getFirst());
        ledger.queueStart(Lane.URGENT, 100, 0);
        Decision.Abandon end =
                assertInstanceOf(Decision.Abandon.class, due(20_000).getFirst());
        assertTrue(end.cause().startsWith("2 attempts were lost, the limit is 2: no live worker"), end.cause());
    }

    @Test
    void aRejectedResultIsAFailureUnlessANewerAttemptIsOut() {
        alive(0);
        publish(0);
        ledger.receipt(Events.success(0, 1), 0, 0);
        ledger.step(Events.rejection(0, 1));
        assertEquals(Kind.REJECTED, again(due(0).getFirst()).kind());
        ledger.receipt(Events.success(0, 1), 1, 0);
        assertInstanceOf(GroupState.Queued.class, ledger.state(new GroupIndex(0)));
        assertEquals(List.of(), due(0));
    }

    @Test
    void aLateSuccessOfAnOlderAttemptFinishesAndItsRejectionLeavesTheNewerOneOut() {
        alive(0);
        publish(0);
        ledger.queueStart(Lane.TRAINING, 1, 0);
        again(due(10_000).getFirst());
        assertEquals(ReceiptFate.FINISHED, ledger.receipt(Events.success(0, 1), 0, 11_000));
        assertEquals(ReceiptFate.SUPERSEDED, ledger.step(Events.rejection(0, 1)));
        assertInstanceOf(GroupState.Queued.class, ledger.state(new GroupIndex(0)));
    }

    @Test
    void aLaterAttemptOfAGroupThatWasNeverPublishedIsNotOurs() {
        assertTrue(!ledger.published(Lane.URGENT, Events.task(5, 2, null), 0, 0));
        assertEquals(0, ledger.counts().unsettled());
    }

    @Test
    void onlyRecordsOfSettledGroupsMayBeTrimmed() {
        for (long index = 0; index < 4; index++) {
            publish(index);
        }
        ledger.receipt(Events.success(2, 1), 7, 0);
        ledger.receipt(Events.success(0, 1), 8, 0);
        assertEquals(0, ledger.neededFrom(TrimmedTopic.TRAINING));
        assertEquals(7, ledger.neededFrom(TrimmedTopic.RECEIPTS));
        ledger.step(Events.discard(2, new io.millrace.common.record.StepRecord.Totals(0, 1, 0, 0)));
        assertEquals(8, ledger.neededFrom(TrimmedTopic.RECEIPTS));
        ledger.step(Events.discard(0, new io.millrace.common.record.StepRecord.Totals(0, 2, 0, 1)));
        assertEquals(1, ledger.neededFrom(TrimmedTopic.TRAINING));
        assertEquals(9, ledger.neededFrom(TrimmedTopic.RECEIPTS));
    }
}
