package io.millrace.common.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class CapacityTest {
    @Test
    void runAheadIsCountedFromWhatWasTrainedAtTheVersion() {
        assertEquals(64, new Capacity(32, 1, 1).admissibleUpTo(0, 0, 0));
        assertEquals(128, new Capacity(32, 1, 1).admissibleUpTo(64, 0, 0));
        assertEquals(64 + 3 * 32 * 4, new Capacity(32, 2, 4).admissibleUpTo(64, 0, 0));
    }

    @Test
    void withoutPipelineOneVersionsGroupsAreAdmitted() {
        assertEquals(32, new Capacity(32, 0, 1).admissibleUpTo(0, 0, 0));
    }

    @Test
    void whatIsDiscardedOrAbandonedIsRefilledExactly() {
        assertEquals(64 + 5 + 2, new Capacity(32, 1, 1).admissibleUpTo(0, 5, 2));
    }

    @Test
    void asManyStepsCanBeFilledAsGroupsAreAdmitted() {
        Capacity capacity = new Capacity(7, 2, 3);
        assertEquals(capacity.admissibleUpTo(0, 0, 0), capacity.stepsUntilNewVersion() * capacity.batchGroups());
    }

    @Test
    void theLargestSettingsDoNotOverflow() {
        assertEquals(1001L * 100_000 * 10_000, new Capacity(100_000, 1000, 10_000).admissibleUpTo(0, 0, 0));
    }

    @Test
    void impossibleSizesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Capacity(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new Capacity(1, -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new Capacity(1, 1, 0));
    }
}
