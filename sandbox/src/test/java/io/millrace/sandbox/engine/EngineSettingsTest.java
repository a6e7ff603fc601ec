package io.millrace.sandbox.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class EngineSettingsTest {
    @Test
    void aValueOutOfRangeIsRefusedByNameAndRange() {
        assertRefused("rightShare must be 0 to 1, was 1.5", s -> s.rightShare = 1.5);
        assertRefused("rightShare must be 0 to 1, was NaN", s -> s.rightShare = Double.NaN);
        assertRefused("maxRunning must be 1 to 100000 requests, was 0", s -> s.maxRunning = 0);
        assertRefused("maxQueued must be 0 to 1000000 requests, was -1", s -> s.maxQueued = -1);
        assertRefused("contextLengthTokens must be 16 to 10000000 tokens, was 1", s -> s.contextLengthTokens = 1);
        assertRefused("ledgerRequestsMax must be 1 to 100000000 requests, was 0", s -> s.ledgerRequestsMax = 0);
    }

    @Test
    void theDefaultsAreValid() {
        assertEquals("127.0.0.1", EngineSettings.defaults().host());
        assertEquals(1_000_000, EngineSettings.defaults().ledgerRequestsMax());
    }

    private static void assertRefused(String message, Consumer<TestSettings> change) {
        TestSettings settings = new TestSettings();
        change.accept(settings);
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, settings::build).getMessage());
    }
}
