package io.millrace.common.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class RewardStatsTest {
    @Test
    void theDeviationIsThePopulations() {
        assertEquals(new RewardStats(0.5, 0.5), RewardStats.of(1, 0));
        assertEquals(new RewardStats(3, 0), RewardStats.of(3));
        assertEquals(new RewardStats(5, 2), RewardStats.of(2, 4, 4, 4, 5, 5, 7, 9));
        assertThrows(IllegalArgumentException.class, RewardStats::of);
    }
}
