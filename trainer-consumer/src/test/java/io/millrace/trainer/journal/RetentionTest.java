package io.millrace.trainer.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.trainer.steps.StepHistory;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RetentionTest {
    private static final int STEPS = 4;

    private final Retention retention = new Retention(10, 10);
    /** Step s has two groups at offsets 10 s and 10 s + 5 of partition 0. */
    private final List<StepHistory.Kept> steps = LongStream.range(0, STEPS)
            .mapToObj(step -> new StepHistory.Kept(
                    new StepRecord.Lease(
                            new Lineage(0),
                            new StepNumber(step),
                            new LeaseId("00000000000000aa"),
                            new WeightVersion(0),
                            0,
                            List.of(entry(2 * step, 10 * step), entry(2 * step + 1, 10 * step + 5))),
                    null))
            .toList();

    private static ManifestEntry entry(long index, long offset) {
        return new ManifestEntry(new GroupIndex(index), new Attempt(1), new WeightVersion(0), 0, List.of(offset));
    }

    private long lowest(long begin, long end) {
        return retention
                .lowestReplayable(steps, new StepNumber(STEPS), Map.of(0, begin), Map.of(0, end))
                .value();
    }

    @Test
    void aStepIsReplayableWhileItAndAllAfterItAreKeptAndStandInTheLog() {
        steps.forEach(kept -> retention.keep(kept.lease().step(), kept.lease().groups()));
        assertEquals(0, lowest(0, 36));
        assertEquals(1, lowest(10, 36));
        assertEquals(2, lowest(11, 36));
        retention.forgetBefore(new StepNumber(3));
        assertEquals(3, lowest(0, 36));
    }

    @Test
    void aStepWhoseResultsTheBrokerHasLostIsNotReplayable() {
        steps.forEach(kept -> retention.keep(kept.lease().step(), kept.lease().groups()));
        assertEquals(STEPS, lowest(0, 35), "the last group of step 3 stood at offset 35");
        assertEquals(STEPS, lowest(0, 0));
    }
}
