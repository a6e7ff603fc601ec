package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualClock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static final long START_MS = 5_000;

    private final ManualClock clock = new ManualClock(START_MS);
    private final Health health = new Health(clock);

    @Test
    void aStartingPartIsLiveButNotReady() {
        health.running("a");
        health.starting("b");
        assertTrue(health.live());
        assertFalse(health.ready());

        health.running("b");
        assertTrue(health.ready());
    }

    @Test
    void aWaitingPartIsReadyAndSaysForWhatSinceWhen() {
        health.running("claim");
        clock.advance(Duration.ofSeconds(1));
        health.waiting("claim", "prompts");
        clock.advance(Duration.ofSeconds(30));
        health.waiting("claim", "prompts");

        assertTrue(health.ready());
        assertEquals(
                new Health.Part(Health.State.WAITING, "prompts", START_MS + 1_000),
                health.parts().get("claim"));
    }

    @Test
    void anotherReasonToWaitCountsAnew() {
        health.waiting("claim", "prompts");
        clock.advance(Duration.ofSeconds(2));
        health.waiting("claim", "a free slot");
        assertEquals(START_MS + 2_000, health.parts().get("claim").sinceMs());

        clock.advance(Duration.ofSeconds(2));
        health.running("claim");
        assertEquals(
                new Health.Part(Health.State.RUNNING, "", START_MS + 4_000),
                health.parts().get("claim"));
    }

    @Test
    void aFailureIsNeverTakenBack() {
        health.running("a");
        health.failed("a", "the disk is full");
        clock.advance(Duration.ofSeconds(1));
        health.running("a");
        health.starting("a");
        health.waiting("a", "x");
        health.failed("a", "something later");

        assertFalse(health.live());
        assertFalse(health.ready());
        assertEquals(Map.of("a", new Health.Part(Health.State.FAILED, "the disk is full", START_MS)), health.parts());
    }

    @Test
    void oneFailedPartIsEnough() {
        health.running("a");
        health.failed("b", "gone");
        assertFalse(health.live());
        assertFalse(health.ready());
    }

    @Test
    void whatWasReadDoesNotChange() {
        health.running("a");
        Map<String, Health.Part> before = health.parts();
        health.running("b");
        assertEquals(1, before.size());
    }
}
