package io.millrace.common.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.WeightVersion;
import java.util.List;
import org.junit.jupiter.api.Test;

class StaleMaskTest {
    /** Masks of its two samples: 0 1 0 and 1 0 1. */
    private static final RolloutGroup GROUP = TestingRollouts.withVersions(TestingRollouts.group(3, 1, 2), 4, 5, 6);

    private static long apply(long below, byte[] mask) {
        return StaleMask.apply(GROUP.header(), new WeightVersion(below), mask);
    }

    @Test
    void tokensOfOlderVersionsAreMaskedAndThoseThatCountedAreCounted() {
        byte[] five = GROUP.lossMask().clone();
        assertEquals(1, apply(5, five));
        assertArrayEquals(new byte[] {0, 1, 0, 0, 0, 1}, five);
        byte[] six = GROUP.lossMask().clone();
        assertEquals(2, apply(6, six));
        assertArrayEquals(new byte[] {0, 0, 0, 0, 0, 1}, six);
        byte[] seven = GROUP.lossMask().clone();
        assertEquals(3, apply(7, seven));
        assertArrayEquals(new byte[6], seven);
    }

    @Test
    void nothingOlderNothingMasked() {
        byte[] mask = GROUP.lossMask().clone();
        assertEquals(0, apply(4, mask));
        assertArrayEquals(GROUP.lossMask(), mask);
        assertTrue(StaleMask.touches(GROUP.header(), new WeightVersion(5)));
        assertFalse(StaleMask.touches(GROUP.header(), new WeightVersion(4)));
        assertFalse(StaleMask.touches(GROUP.header(), null));
    }

    @Test
    void stalenessIsThatOfTheTokensThatCount() {
        WeightVersion trainer = new WeightVersion(8);
        List<GroupHeader> headers = List.of(GROUP.header());
        assertEquals(4, StalenessFigures.of(trainer, null, headers).max());
        StalenessFigures.Snapshot masked = StalenessFigures.of(trainer, new WeightVersion(5), headers);
        assertEquals(3, masked.max());
        assertEquals(1.0, masked.meanInFlight());
        assertEquals(2.0, masked.meanInQueue());
    }
}
