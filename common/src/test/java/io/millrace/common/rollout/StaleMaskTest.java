package io.millrace.common.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.millrace.common.id.WeightVersion;
import java.util.List;
import org.junit.jupiter.api.Test;

class StaleMaskTest {
    /** Masks of its two samples: 0 1 0 and 1 0 1. */
    private static final RolloutGroup GROUP = TestingRollouts.withVersions(TestingRollouts.group(3, 1, 2), 4, 5, 6);

    private static StaleMask.Masked below(long version) {
        return StaleMask.apply(List.of(GROUP), new WeightVersion(version));
    }

    @Test
    void tokensOfOlderVersionsAreMaskedAndThoseThatCountedAreCounted() {
        assertArrayEquals(
                new byte[] {0, 1, 0, 0, 0, 1}, below(5).groups().getFirst().lossMask());
        assertEquals(1, below(5).maskedTokens());
        assertArrayEquals(
                new byte[] {0, 0, 0, 0, 0, 1}, below(6).groups().getFirst().lossMask());
        assertEquals(2, below(6).maskedTokens());
        assertArrayEquals(new byte[6], below(7).groups().getFirst().lossMask());
        assertEquals(3, below(7).maskedTokens());
    }

    @Test
    void theGroupThatCameInIsLeftAsItWas() {
        byte[] before = GROUP.lossMask().clone();
        StaleMask.Masked masked = below(6);
        assertArrayEquals(before, GROUP.lossMask());
        assertSame(GROUP.header(), masked.groups().getFirst().header());
        assertArrayEquals(GROUP.logProbs(), masked.groups().getFirst().logProbs());
    }

    @Test
    void nothingOlderNothingMasked() {
        assertSame(GROUP, below(4).groups().getFirst());
        assertEquals(0, below(4).maskedTokens());
        assertSame(GROUP, StaleMask.apply(List.of(GROUP), null).groups().getFirst());
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
