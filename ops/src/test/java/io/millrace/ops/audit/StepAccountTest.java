package io.millrace.ops.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Totals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The account of {@code steps} against histories that contradict themselves, and against valid ones. */
class StepAccountTest {
    private final StepAccount account = new StepAccount(null);

    private static StepRecord.Lease lease(long lineage, long step, long... groups) {
        return new StepRecord.Lease(
                new Lineage(lineage),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(step),
                0,
                Arrays.stream(groups)
                        .mapToObj(group -> new ManifestEntry(
                                new GroupIndex(group), new Attempt(1), new WeightVersion(0), 0, List.of(group)))
                        .toList());
    }

    private static StepRecord.Acknowledgement ack(long lineage, long step, Totals totals) {
        return new StepRecord.Acknowledgement(
                new Lineage(lineage),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(step + 1),
                0,
                totals,
                null);
    }

    private static Totals totals(long trained, long discarded, long abandoned, long mark) {
        return new Totals(trained, discarded, abandoned, mark);
    }

    private static StepRecord.Resume resume(long lineage, long step, long replayBefore) {
        return new StepRecord.Resume(
                new Lineage(lineage),
                new StepNumber(step),
                new WeightVersion(0),
                new StepNumber(replayBefore),
                0,
                0,
                0,
                false);
    }

    private void accept(StepRecord... records) {
        Arrays.stream(records).forEach(account::accept);
    }

    private void assertFound(Finding.Kind kind, String words) {
        assertTrue(
                account.findings().stream()
                        .anyMatch(finding ->
                                finding.kind() == kind && finding.detail().contains(words)),
                () -> kind + " '" + words + "' in " + account.findings());
    }

    @Test
    void aValidHistoryHasNoFinding() {
        accept(
                lease(0, 0, 0, 1),
                ack(0, 0, totals(2, 0, 0, 2)),
                new StepRecord.Rejection(new GroupIndex(2), new Attempt(1), 0, 9, "cut"),
                new StepRecord.Skip(0, 10, "no type"),
                new StepRecord.Abandonment(new GroupIndex(2), new Attempt(3), "failed", totals(2, 0, 1, 3)),
                new StepRecord.Discard(new GroupIndex(4), new Attempt(1), "lineage", totals(2, 1, 1, 3)),
                lease(0, 1, 3, 5));
        assertEquals(List.of(), account.findings());
        assertEquals(
                new StepAccount.Settled(2, 1, Map.of("lineage", 1L), 1, 0, 1, Map.of(0L, 1L), 1), account.settled());
    }

    @Test
    void aResultThatWasSaidToBeMissingIsNotMissedAgain() {
        accept(new StepRecord.Missing(
                new GroupIndex(2), new Attempt(1), 0, List.of(9L), StepRecord.Missing.Why.NOT_THERE));
        assertTrue(account.isOver(2, 1));
        assertFalse(account.isOver(2, 2));
        accept(new StepRecord.Abandonment(new GroupIndex(2), new Attempt(3), "failed", totals(0, 0, 1, 0)));
        assertFalse(account.isOver(2, 1), "forgotten with the group");
    }

    @Test
    void aGroupTrainedTwiceIsFound() {
        accept(lease(0, 0, 0, 1), ack(0, 0, totals(2, 0, 0, 2)), lease(0, 1, 1, 2), ack(0, 1, totals(3, 0, 0, 3)));
        assertFound(Finding.Kind.DOUBLED, "after it was settled");
    }

    @Test
    void aGroupSettledTwiceIsFound() {
        accept(
                lease(0, 0, 0, 1),
                ack(0, 0, totals(2, 0, 0, 2)),
                new StepRecord.Discard(new GroupIndex(1), new Attempt(1), "stale", totals(2, 1, 0, 2)));
        assertFound(Finding.Kind.DOUBLED, "discarded as stale");
        assertFound(Finding.Kind.CONTRADICTION, "is counted");
    }

    @Test
    void aStepPassedOverOrRepeatedIsFound() {
        accept(lease(0, 1, 0));
        assertFound(Finding.Kind.CONTRADICTION, "step 1 is leased");
    }

    @Test
    void anAcknowledgementWithoutItsLeaseIsFound() {
        accept(ack(0, 0, totals(1, 0, 0, 1)));
        assertFound(Finding.Kind.CONTRADICTION, "was not leased");
    }

    @Test
    void totalsThatDoNotAddUpAreFound() {
        accept(lease(0, 0, 0), ack(0, 0, totals(7, 0, 0, 1)));
        assertFound(Finding.Kind.CONTRADICTION, "is counted");
    }

    @Test
    void aSnapshotThatSaysSomethingElseIsFound() {
        accept(
                lease(0, 0, 0),
                ack(0, 0, totals(1, 0, 0, 1)),
                new StepRecord.Snapshot(
                        new Lineage(0),
                        new StepNumber(1),
                        0,
                        null,
                        totals(1, 0, 0, 1),
                        Policy.initial(),
                        List.of(new SettledIndices.Range(0, 2)),
                        List.of(),
                        List.of(),
                        List.of(),
                        0,
                        List.of(),
                        0,
                        0,
                        0));
        assertFound(Finding.Kind.CONTRADICTION, "other settled groups");
    }

    @Test
    void aReplaySettlesNothingAndMustBeTheSame() {
        accept(
                lease(0, 0, 0, 1),
                ack(0, 0, totals(2, 0, 0, 2)),
                lease(0, 1, 2, 3),
                ack(0, 1, totals(4, 0, 0, 4)),
                resume(1, 0, 2),
                lease(1, 0, 0, 1),
                ack(1, 0, totals(4, 0, 0, 4)));
        assertEquals(List.of(), account.findings());
        accept(lease(1, 1, 2, 5));
        assertFound(Finding.Kind.CONTRADICTION, "another manifest");
    }

    @Test
    void aLineageThatSkipsANumberIsFound() {
        accept(resume(2, 0, 0));
        assertFound(Finding.Kind.CONTRADICTION, "lineage 2 follows lineage 0");
    }

    @Test
    void everyRecordOfAWatchedGroupIsKept() {
        StepAccount watching = new StepAccount(1L);
        watching.accept(lease(0, 0, 0, 1));
        watching.accept(ack(0, 0, totals(2, 0, 0, 2)));
        assertEquals(2, watching.watched().size());
    }

    /** Whatever valid order things come in, nothing is found. */
    @Test
    void seededValidHistoriesHaveNoFinding() {
        for (long seed = 0; seed < 200; seed++) {
            StepAccount fresh = new StepAccount(null);
            new ValidHistory(seed).records(150).forEach(fresh::accept);
            long tried = seed;
            assertEquals(List.of(), fresh.findings(), () -> "seed " + tried);
        }
    }

    /** Writes what a trainer consumer may write, by the rules alone. */
    private static final class ValidHistory {
        private final Random random;
        private final List<StepRecord> records = new ArrayList<>();
        private final SettledIndices settled = new SettledIndices();
        private final List<long[]> manifests = new ArrayList<>();
        private long lineage;
        private long step;
        private long replayBefore;
        private long trained;
        private long discarded;
        private long nextGroup;

        ValidHistory(long seed) {
            this.random = new Random(seed);
        }

        List<StepRecord> records(int count) {
            while (records.size() < count) {
                switch (random.nextInt(10)) {
                    case 0 -> {
                        settled.add(new GroupIndex(nextGroup));
                        discarded++;
                        records.add(
                                new StepRecord.Discard(new GroupIndex(nextGroup++), new Attempt(1), "stale", totals()));
                    }
                    case 1 -> goBack();
                    case 2 -> records.add(lease());
                    default -> {
                        records.add(lease());
                        train();
                    }
                }
                if (!records.isEmpty() && records.getLast() instanceof StepRecord.Lease) {
                    // A lease is served again, never written again: only a resumption may follow it.
                    train();
                }
            }
            return records;
        }

        private Totals totals() {
            return new Totals(trained, discarded, 0, settled.lowWaterMark());
        }

        private void goBack() {
            if (records.isEmpty()) {
                return;
            }
            long back = random.nextLong(step + 1);
            if (random.nextBoolean()) {
                replayBefore = Math.max(step, replayBefore);
            } else {
                replayBefore = back;
                manifests.subList((int) back, manifests.size()).clear();
            }
            step = back;
            lineage++;
            records.add(resume(lineage, step, replayBefore));
        }

        private StepRecord.Lease lease() {
            if (step < replayBefore && step < manifests.size()) {
                return StepAccountTest.lease(lineage, step, manifests.get((int) step));
            }
            long[] groups = {nextGroup, nextGroup + 1 + random.nextInt(2)};
            nextGroup = groups[1] + 1;
            return StepAccountTest.lease(lineage, step, groups);
        }

        private void train() {
            StepRecord.Lease lease = (StepRecord.Lease) records.getLast();
            long[] groups = lease.groups().stream()
                    .mapToLong(entry -> entry.groupIndex().value())
                    .toArray();
            if (step >= replayBefore) {
                Arrays.stream(groups).forEach(group -> settled.add(new GroupIndex(group)));
                trained += groups.length;
                if (step < manifests.size()) {
                    manifests.set((int) step, groups);
                } else {
                    manifests.add(groups);
                }
            }
            records.add(ack(lineage, step, totals()));
            step++;
        }
    }

    @Test
    void stepsThatAreLeasedAheadAndAcknowledgedInOrderAreAccountedFor() {
        StepRecord.Lease second = lease(0, 1, 2, 3);
        accept(lease(0, 0, 0, 1), second, ack(0, 0, totals(2, 0, 0, 2)), second, ack(0, 1, totals(4, 0, 0, 4)));
        assertEquals(List.of(), account.findings(), "a lease stands again behind a snapshot");
        assertEquals(4, account.settled().trained());
    }

    @Test
    void aStepAcknowledgedBeforeTheOneBeforeItIsFound() {
        accept(lease(0, 0, 0, 1), lease(0, 1, 2, 3), ack(0, 1, totals(2, 0, 0, 0)));
        assertFound(Finding.Kind.CONTRADICTION, "step 1 is acknowledged and was not leased, or not before");
    }

    @Test
    void aGroupInTwoOpenStepsIsFound() {
        accept(lease(0, 0, 0, 1), lease(0, 1, 1, 2));
        assertFound(Finding.Kind.DOUBLED, "leased in step 1 while it is leased in step 0");
    }
}
