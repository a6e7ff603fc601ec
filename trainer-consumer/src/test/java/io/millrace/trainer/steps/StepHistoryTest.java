package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Totals;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepHistoryTest {
    private static StepRecord.Lease lease(long lineage, long step, long group) {
        return new StepRecord.Lease(
                new Lineage(lineage),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(step),
                1,
                List.of(new ManifestEntry(
                        new GroupIndex(group), new Attempt(1), new WeightVersion(0), 0, List.of(group))));
    }

    private static StepRecord.Acknowledgement ack(long lineage, long step) {
        return new StepRecord.Acknowledgement(
                new Lineage(lineage),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                null,
                1,
                new Totals(step + 1, 0, 0, 0),
                null);
    }

    private static StepRecord.Resume resume(long lineage, long step, long replayBefore) {
        return new StepRecord.Resume(
                new Lineage(lineage),
                new StepNumber(step),
                new WeightVersion(step),
                new StepNumber(replayBefore),
                0,
                1,
                0,
                false);
    }

    private static List<Long> groups(long lineage, StepRecord... records) {
        StepHistory history = new StepHistory(new Lineage(lineage));
        for (StepRecord record : records) {
            history.add(record);
        }
        return history.steps(new StepNumber(0), new StepNumber(9)).stream()
                .map(kept -> kept.lease().groups().getFirst().groupIndex().value())
                .toList();
    }

    @Test
    void aFreshLineageHasItsOwnStepsAndBeforeThemThoseItContinued() {
        StepRecord[] records = {
            lease(0, 0, 10), ack(0, 0), lease(0, 1, 11), ack(0, 1), resume(1, 1, 1), lease(1, 1, 21), ack(1, 1)
        };
        assertEquals(List.of(10L, 11L), groups(0, records));
        assertEquals(List.of(10L, 21L), groups(1, records));
    }

    @Test
    void stepsThatAreStillToBeReplayedStay() {
        StepRecord[] records = {
            lease(0, 0, 10), ack(0, 0), lease(0, 1, 11), ack(0, 1), lease(0, 2, 12), resume(1, 0, 2), lease(1, 0, 10)
        };
        assertEquals(List.of(10L, 11L), groups(1, records));
    }

    @Test
    void aLeaseThatWasNotAcknowledgedIsTold() {
        StepHistory history = new StepHistory(new Lineage(0));
        history.add(lease(0, 0, 10));
        assertNull(history.step(new StepNumber(0)).orElseThrow().acknowledgement());
        history.add(ack(0, 0));
        assertEquals(ack(0, 0), history.step(new StepNumber(0)).orElseThrow().acknowledgement());
        assertTrue(history.step(new StepNumber(1)).isEmpty());
    }
}
