package io.millrace.trainer.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.RewardStats;
import io.millrace.trainer.collect.Finished;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BatchChoiceTest {
    private static List<Finished> finished(long... indices) {
        return LongStream.of(indices)
                .mapToObj(index -> new Finished(
                        new GroupIndex(index),
                        new Attempt(1),
                        new Lineage(0),
                        new WeightVersion(0),
                        new WeightVersion(0),
                        new RewardStats(0, 0),
                        0,
                        List.of(index)))
                .toList();
    }

    @Test
    void theLowestIndicesAreTakenInOrder() {
        BatchChoice.Ready ready =
                assertInstanceOf(BatchChoice.Ready.class, BatchChoice.oldestFirst(finished(2, 5, 9, 11), 3));
        assertEquals(finished(2, 5, 9), ready.groups());
    }

    @Test
    void tooFewAreCounted() {
        assertEquals(new BatchChoice.NotYet(2, 3), BatchChoice.oldestFirst(finished(2, 5), 3));
        assertEquals(new BatchChoice.NotYet(0, 1), BatchChoice.oldestFirst(List.of(), 1));
    }

    @Test
    void unsortedGroupsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> BatchChoice.oldestFirst(finished(5, 2), 2));
        assertThrows(IllegalArgumentException.class, () -> BatchChoice.oldestFirst(finished(5, 5), 2));
    }
}
