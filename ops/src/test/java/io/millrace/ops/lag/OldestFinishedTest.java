package io.millrace.ops.lag;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class OldestFinishedTest {
    private final OldestFinished oldest = new OldestFinished();
    private final Map<GroupIndex, Long> finishedMs = new HashMap<>();

    private static StepRecord lease(long step, long... groups) {
        List<StepRecord.ManifestEntry> manifest = Arrays.stream(groups)
                .mapToObj(group -> new StepRecord.ManifestEntry(
                        new GroupIndex(group), new Attempt(1), new WeightVersion(0), 0, List.of(group)))
                .toList();
        return new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(0),
                0,
                manifest);
    }

    private static StepRecord acknowledged(long step, long lowWaterMark) {
        return new StepRecord.Acknowledgement(
                new Lineage(0),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                null,
                0,
                new StepRecord.Totals(lowWaterMark, 0, 0, lowWaterMark),
                null);
    }

    private void finished(long group, long ms) {
        finishedMs.put(new GroupIndex(group), ms);
    }

    @Test
    void aGroupWaitsUntilItsStepIsAcknowledged() {
        finished(0, 1_000);
        finished(2, 2_000);
        finished(3, 3_000);
        oldest.step(lease(0, 0, 3), 4_000);
        assertEquals(OptionalLong.of(1_000), oldest.sinceMs(finishedMs, true));
        oldest.step(acknowledged(0, 1), 5_000);
        assertEquals(OptionalLong.of(2_000), oldest.sinceMs(finishedMs, true));
        oldest.step(
                new StepRecord.Discard(new GroupIndex(2), new Attempt(1), "stale", new StepRecord.Totals(2, 1, 0, 1)),
                6_000);
        assertEquals(OptionalLong.empty(), oldest.sinceMs(finishedMs, true));
    }

    @Test
    void whatMayHaveBeenSettledBeforeWhatWasReadIsLeftOut() {
        finished(0, 1_000);
        finished(9, 6_000);
        oldest.step(lease(7, 8), 5_000);
        assertEquals(OptionalLong.of(6_000), oldest.sinceMs(finishedMs, false));
        assertEquals(OptionalLong.of(1_000), oldest.sinceMs(finishedMs, true));
    }
}
