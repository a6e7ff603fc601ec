package io.millrace.trainer.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.record.StepRecord.Snapshot.ResultsRead;
import io.millrace.trainer.steps.StepLedger;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NeededResultsTest {
    private final StepLedger ledger = new StepLedger(new Capacity(2, 1, 1));
    private final NeededResults needed = new NeededResults();

    private Snapshot snapshot(long from0, long from1) {
        return ledger.snapshot(
                List.of(new ResultsRead(0, from0, from0 + 5), new ResultsRead(1, from1, from1 + 5)), 0, 0);
    }

    private static ManifestEntry entry(long index, int partition, long offset) {
        return new ManifestEntry(
                new GroupIndex(index), new Attempt(1), new WeightVersion(0), partition, List.of(offset));
    }

    @Test
    void beforeTheFirstSnapshotNothingIsDeleted() {
        assertEquals(Map.of(), needed.deletableBelow(Map.of(0, 7L), List.of()));
    }

    @Test
    void whatARestartAReplayOrTheLeaseNeedsStays() {
        needed.found(snapshot(20, 30), Map.of(0, 25L, 1, 40L));
        assertEquals(Map.of(0, 20L, 1, 30L), needed.deletableBelow(Map.of(), List.of()));
        assertEquals(Map.of(0, 12L, 1, 30L), needed.deletableBelow(Map.of(0, 12L, 1, 33L), List.of()));
        assertEquals(Map.of(1, 30L), needed.deletableBelow(Map.of(0, 0L), List.of()));
        StepRecord.Lease open = ledger.lease(
                new StepNumber(0), List.of(entry(0, 1, 17), entry(1, 1, 16)), null, new LeaseId("00000000000000aa"), 5);
        assertEquals(Map.of(0, 12L, 1, 16L), needed.deletableBelow(Map.of(0, 12L), List.of(open)));
    }

    @Test
    void nothingIsDeletedOnTheWordOfASnapshotThatTheLogDoesNotReachAnyMore() {
        Snapshot old = snapshot(20, 30);
        needed.found(old, Map.of(0, 19L, 1, 30L));
        assertEquals(
                Map.of(1, 30L),
                needed.deletableBelow(Map.of(), List.of()),
                "results that nobody has settled come to stand below offset 20");
        needed.take(snapshot(22, 31));
        assertEquals(Map.of(0, 22L, 1, 31L), needed.deletableBelow(Map.of(), List.of()));
    }
}
