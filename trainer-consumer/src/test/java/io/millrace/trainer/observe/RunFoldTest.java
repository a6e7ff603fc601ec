package io.millrace.trainer.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RunFoldTest {
    private static final WorkerIncarnation WORKER = new WorkerIncarnation("w1", "a1");
    private static final StepRecord.Totals NONE = StepRecord.Totals.NONE;

    private final RunFold fold = new RunFold(new RunId("demo"), new History());

    private static TrainingTask task(long index, long attempt) {
        return new TrainingTask(
                new GroupIndex(index),
                new Attempt(attempt),
                4,
                new Lineage(0),
                new WeightVersion(2),
                0,
                new Prompt.Text("<script>"),
                null,
                Json.object(),
                SamplingParams.defaults(16),
                new TrainingTask.Source("f", 1, 0, 1),
                null,
                null,
                null);
    }

    private void published(int groups) {
        IntStream.range(0, groups).forEach(i -> fold.task(Lane.TRAINING, task(i, 1), i, 1_000 + i));
    }

    private void status(long ms, long sentMs, int inUse, WorkersRecord.HeldGroup... groups) {
        status(ms, sentMs, WorkersRecord.State.RUNNING, inUse, groups);
    }

    private void status(long ms, long sentMs, WorkersRecord.State state, int inUse, WorkersRecord.HeldGroup... groups) {
        fold.worker(
                WORKER.key(),
                new WorkersRecord.Status(
                        WORKER,
                        1,
                        state,
                        sentMs,
                        8,
                        inUse,
                        List.of(groups),
                        List.of(new WorkersRecord.EngineStatus("http://e:1", true, inUse, "2")),
                        3,
                        0,
                        ms / 100,
                        ms),
                ms);
    }

    private static WorkersRecord.HeldGroup holds(long index, long attempt, long claimedMs) {
        return new WorkersRecord.HeldGroup(
                GroupKind.TRAINING, new GroupIndex(index), new Attempt(attempt), claimedMs, 1);
    }

    private static Receipt success(long index, long attempt, double reward) {
        return new Receipt(
                new GroupIndex(index),
                new Attempt(attempt),
                WORKER,
                4,
                8,
                40,
                700,
                new Receipt.Success(0, List.of(index), new RewardStats(reward, 0)));
    }

    private static StepRecord.Lease lease(long step, long... indices) {
        return new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(3),
                0,
                LongStream.of(indices)
                        .mapToObj(index -> new StepRecord.ManifestEntry(
                                new GroupIndex(index), new Attempt(1), new WeightVersion(2), 0, List.of(index)))
                        .toList());
    }

    private static StepRecord.Lease leaseWithFigures(long step, long... indices) {
        StepRecord.Lease plain = lease(step, indices);
        return new StepRecord.Lease(
                plain.lineage(),
                plain.step(),
                plain.leaseId(),
                plain.weightVersion(),
                0,
                0,
                plain.groups(),
                null,
                new StepRecord.StepFigures(new RewardStats(0.25, 0.5), 8, 80, 0.5, 0.5));
    }

    private static StepRecord.Acknowledgement acknowledged(long step, long trained) {
        return new StepRecord.Acknowledgement(
                new Lineage(0),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(4),
                0,
                new StepRecord.Totals(trained, 0, 0, trained),
                null);
    }

    @Test
    void aGroupIsQueuedThenInFlightThenFinishedThenLeasedThenTrained() {
        published(3);
        assertEquals(3, fold.view().groups().queued());
        assertEquals(1_000, fold.view().groups().oldestQueuedMs());

        fold.claimed(Lane.TRAINING, 1);
        assertEquals(2, fold.view().groups().queued(), "left the lane");
        assertEquals(1, fold.view().groups().inFlight(), "and no status has named it yet");

        status(5_000, 90_000, 4, holds(0, 1, 88_000), holds(1, 1, 89_000));
        RunView held = fold.view();
        assertEquals(1, held.groups().queued(), "a status names a group before the share group's offset moves");
        assertEquals(2, held.groups().inFlight());
        assertEquals(3_000, held.slowest().getFirst().sinceMs(), "by the worker's own clock, from the broker's time");
        assertEquals(4, held.slowest().getFirst().samples());

        fold.receipt(GroupKind.TRAINING, success(0, 1, 0.5), 6_000);
        fold.receipt(GroupKind.TRAINING, success(1, 1, 1.0), 6_100);
        assertEquals(2, fold.view().groups().finished());
        assertEquals(0, fold.view().groups().inFlight());
        assertEquals(6_000, fold.view().groups().oldestFinishedMs());

        fold.step(lease(0, 0, 1), 7_000);
        assertEquals(2, fold.view().groups().leased());
        assertEquals(0, fold.view().groups().finished());
        assertEquals(7_000, fold.view().trainer().open().getFirst().leasedMs());

        fold.step(acknowledged(0, 2), 8_000);
        RunView trained = fold.view();
        assertEquals(0, trained.groups().leased());
        assertEquals(2, trained.groups().trained());
        assertEquals("trained", trained.steps().getFirst().state());
        assertEquals(
                0.75, trained.steps().getFirst().figures().rewardMean(), "by receipts, without the lease's figures");
        assertEquals(10, trained.steps().getFirst().figures().responseTokens());
        assertEquals(List.of(0L), fold.stepSeries().points(0).x());
        assertEquals(List.of(1.0), fold.stepSeries().points(0).values().get("train_seconds"));
    }

    @Test
    void theLeasesOwnFiguresCountBeforeReceipts() {
        fold.step(leaseWithFigures(0, 0, 1), 1);
        RunView.Figures figures = fold.view().steps().getFirst().figures();
        assertEquals(0.25, figures.rewardMean());
        assertEquals(10, figures.responseTokens());
        assertEquals(0.5, figures.stalenessInFlight());
    }

    @Test
    void aSilentWorkerIsLostAndItsGroupsAreTheOldestOfNobody() {
        published(1);
        status(2_000, 2_000, 4, holds(0, 1, 1_500));
        assertEquals(1, fold.view().workers().live());
        // Only the broker's time moves on.
        fold.worker("ledger", new WorkersRecord.LedgerHeartbeat("x", 1, 0, null), 13_000);
        RunView view = fold.view();
        assertEquals(0, view.workers().live());
        assertEquals(RunView.WorkerState.LOST, view.workers().shown().getFirst().state());
        assertEquals(0, view.workers().shown().getFirst().slotsInUse());
        assertEquals(List.of(), view.slowest());
        assertTrue(view.producer().live());
    }

    @Test
    void aStoppedWorkerIsShownForAWhileAndThenForgotten() {
        status(2_000, 2_000, WorkersRecord.State.STOPPED, 0);
        assertEquals(
                RunView.WorkerState.STOPPED,
                fold.view().workers().shown().getFirst().state());
        fold.worker("ledger", new WorkersRecord.LedgerHeartbeat("x", 1, 0, null), 2_001 + WorkerTable.GONE_SHOWN_MS);
        assertEquals(List.of(), fold.view().workers().shown());
    }

    @Test
    void aFailedAttemptWaitsForItsNext() {
        published(1);
        fold.receipt(
                GroupKind.TRAINING,
                new Receipt(
                        new GroupIndex(0),
                        new Attempt(1),
                        WORKER,
                        4,
                        0,
                        0,
                        1,
                        new Receipt.Failure("deadline", "no answer\nwithin 60 s")),
                2_000);
        assertEquals(1, fold.view().groups().again());
        assertEquals(1L, fold.view().endsByReason().get("failed: deadline"));
        fold.task(Lane.URGENT, task(0, 2), 0, 3_000);
        assertEquals(0, fold.view().groups().again());
        assertEquals(1, fold.view().lanes().getFirst().queued());
        assertEquals("urgent", fold.view().lanes().getFirst().lane());
    }

    @Test
    void aRejectedResultIsNoneAndALaterAttemptCounts() {
        published(1);
        fold.receipt(GroupKind.TRAINING, success(0, 1, 1), 2_000);
        fold.step(new StepRecord.Rejection(new GroupIndex(0), new Attempt(1), 0, 0, "not finite"), 3_000);
        assertEquals(0, fold.view().groups().finished());
        assertEquals(1, fold.view().groups().again());
        fold.receipt(GroupKind.TRAINING, success(0, 2, 1), 4_000);
        assertEquals(1, fold.view().groups().finished());
        assertEquals("rejected", fold.view().ends().getFirst().what());
    }

    @Test
    void theSnapshotSaysWhatIsSettled() {
        published(4);
        fold.step(
                new StepRecord.Snapshot(
                        new Lineage(0),
                        new StepNumber(1),
                        0,
                        null,
                        new StepRecord.Totals(2, 0, 0, 2),
                        Policy.initial(),
                        List.of(new SettledIndices.Range(0, 2)),
                        List.of(),
                        List.of(),
                        List.of(),
                        0,
                        List.of(),
                        0,
                        0,
                        0),
                5_000);
        assertEquals(2, fold.view().groups().queued());
        assertEquals(2, fold.view().groups().trained());
        fold.receipt(GroupKind.TRAINING, success(1, 1, 1), 5_500);
        assertEquals(0, fold.view().groups().finished(), "a receipt of a group that is settled");
    }

    /** At the start the topics are read side by side: what each says must come to the same in any order. */
    @Test
    void theOrderOfTheTopicsDoesNotCount() {
        List<List<Runnable>> topics =
                List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        RunView first = null;
        for (int seed = 0; seed < 200; seed++) {
            RunFold one = new RunFold(new RunId("demo"), new History());
            topics.forEach(List::clear);
            for (int i = 0; i < 6; i++) {
                int index = i;
                topics.get(0).add(() -> one.task(Lane.TRAINING, task(index, 1), index, 1_000 + index));
                if (i < 4) {
                    topics.get(1).add(() -> one.receipt(GroupKind.TRAINING, success(index, 1, 1), 2_000 + index));
                }
            }
            topics.get(2).add(() -> one.step(lease(0, 0, 1), 3_000));
            topics.get(2).add(() -> one.step(acknowledged(0, 2), 4_000));
            topics.get(2)
                    .add(() -> one.step(
                            new StepRecord.Discard(
                                    new GroupIndex(2), new Attempt(1), "stale", new StepRecord.Totals(2, 1, 0, 3)),
                            4_001));
            topics.get(3)
                    .add(() -> one.agreement(new RunRecord(1, 2, 4, 1, 1, 1, 1 << 20, "d", "s", null, 10_000L), 500));
            Random random = new Random(seed);
            List<List<Runnable>> open = new ArrayList<>(topics);
            while (!open.isEmpty()) {
                Collections.shuffle(open, random);
                open.getFirst().removeFirst().run();
                open.removeIf(List::isEmpty);
            }
            RunView view = one.view();
            first = first == null ? view : first;
            assertEquals(first.groups(), view.groups(), "seed " + seed);
            assertEquals(first.producer(), view.producer(), "seed " + seed);
            assertEquals(first.gate(), view.gate(), "seed " + seed);
        }
        assertEquals(1, first.groups().finished());
        assertEquals(2, first.groups().queued());
        assertEquals(7, first.producer().admissible() + 2, "2 x 2 groups ahead, and one discarded");
    }

    @Test
    void whatItHoldsIsBounded() {
        for (int i = 0; i < GroupTable.GROUPS_MAX + 10; i++) {
            fold.task(Lane.TRAINING, task(i, 1), i, 1_000);
        }
        assertEquals(10, fold.view().untracked());
        for (int i = 0; i < 3_000; i++) {
            fold.step(new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 0, i, "x".repeat(10_000)), 1_000);
            fold.step(new StepRecord.Discard(new GroupIndex(1), new Attempt(1), "why " + i, NONE), 1_000);
            fold.deadLetter(DeadLetter.Unreadable.of("t", 0, i, "r", "x", null), 1_000);
            fold.step(
                    leaseWithFigures(
                            i, IntStream.range(0, 200).mapToLong(n -> n).toArray()),
                    1_000 + i);
            fold.step(acknowledged(i, i), 1_001 + i);
            fold.worker("w" + i, workerStatus("w" + i), 1_000 + i);
        }
        RunView view = fold.view();
        assertEquals(RecentEnds.ENDS_MAX, view.ends().size());
        assertTrue(view.ends().getLast().reason().length() < 600);
        assertTrue(
                view.endsByReason().size() <= RecentEnds.REASONS_MAX + 3,
                () -> view.endsByReason().toString());
        assertEquals(3_000, view.deadLetters().count());
        assertEquals(RecentEnds.LETTERS_MAX, view.deadLetters().newest().size());
        assertEquals(StepLog.ROWS_MAX, view.steps().size());
        assertEquals(200, fold.members(new Lineage(0), new StepNumber(2_999)).size());
        assertEquals(List.of(), fold.members(new Lineage(0), new StepNumber(2_940)), "beyond the groups that are kept");
        assertEquals(StepLog.POINTS, fold.stepSeries().points(0).x().size());
        assertTrue(fold.stepSeries().points(1).x().size() <= StepLog.POINTS);
        assertTrue(view.workers().known() <= WorkerTable.WORKERS_MAX);
        assertEquals(RunFold.WORKERS_SHOWN_MAX, view.workers().shown().size());
    }

    private static WorkersRecord.Status workerStatus(String id) {
        return new WorkersRecord.Status(
                new WorkerIncarnation(id, "a"),
                1,
                WorkersRecord.State.RUNNING,
                0,
                1,
                0,
                List.of(),
                List.of(),
                0,
                0,
                0,
                0);
    }

    @Test
    void whatWaitsSaysForWhatAndSinceWhen() {
        fold.agreement(new RunRecord(1, 2, 4, 1, 1, 1, 1 << 20, "d", "s", null, 10_000L), 500);
        published(4);
        fold.worker("ledger", new WorkersRecord.LedgerHeartbeat("x", 1, 0, null), 3_000);
        List<RunView.Wait> waits = fold.view().waits();
        RunView.Wait producer = waits.getFirst();
        assertEquals("producer", producer.who());
        assertEquals(1_003, producer.sinceMs());
        assertTrue(waits.stream().anyMatch(wait -> wait.who().equals("queue") && wait.sinceMs() == 1_000));
        assertEquals("2 more groups to finish", fold.view().gate().waitingFor());
        fold.told("something else", 1_500);
        assertEquals("something else", fold.view().gate().waitingFor());
        assertEquals(1_500, fold.view().gate().waitingSinceMs());
    }

    @Test
    void aResultIsFoundByItsGroup() {
        published(2);
        assertTrue(fold.place(new GroupIndex(0), null).isEmpty());
        fold.receipt(GroupKind.TRAINING, success(0, 1, 1), 2_000);
        assertEquals(
                List.of(0L), fold.place(new GroupIndex(0), null).orElseThrow().offsets());
        assertFalse(fold.place(new GroupIndex(0), new Attempt(2)).isPresent());
        fold.step(lease(0, 0, 1), 3_000);
        fold.step(acknowledged(0, 2), 4_000);
        assertEquals(
                List.of(1L),
                fold.place(new GroupIndex(1), new Attempt(1)).orElseThrow().offsets());
    }

    @Test
    void beforeAnythingIsReadThereIsAnEmptyView() {
        RunView view = fold.view();
        assertEquals(0, view.nowMs());
        assertNull(view.agreement());
        assertNull(view.groups().oldestQueuedMs());
        assertFalse(view.producer().live());
    }
}
