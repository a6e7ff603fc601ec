package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Lineage;
import org.junit.jupiter.api.Test;

class InVainTest {
    private static final Lineage FIRST = new Lineage(0);

    private final InVain inVain = new InVain();

    @Test
    void theOldestAreForgottenBeyondTheLimit() {
        for (long version = 1; version <= InVain.VERSIONS_MAX; version++) {
            assertTrue(inVain.add(FIRST, version));
        }
        assertTrue(inVain.contains(FIRST, 1));
        assertFalse(inVain.add(FIRST, 1));
        assertTrue(inVain.add(FIRST, InVain.VERSIONS_MAX + 1));
        assertFalse(inVain.contains(FIRST, 1));
        assertTrue(inVain.contains(FIRST, 2));
        assertTrue(inVain.contains(FIRST, InVain.VERSIONS_MAX + 1));
    }

    @Test
    void anotherLineageBeginsWithNone() {
        Lineage second = new Lineage(1);
        inVain.add(FIRST, 5);
        assertFalse(inVain.contains(second, 5));
        assertTrue(inVain.add(second, 6));
        assertFalse(inVain.contains(second, 5));
    }
}
