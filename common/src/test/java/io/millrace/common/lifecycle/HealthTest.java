package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static final long START_MS = 5_000;

    private final ManualClock clock = new ManualClock(START_MS);
    private final ManualTicker ticker = new ManualTicker();
    private final Health health = new Health(clock, ticker);

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
    void aPartThatCannotWorkIsReadyForTheLimitAndNotAfterIt() {
        health.readyTimeout(Duration.ofSeconds(10));
        health.running("broker");
        health.blocked("broker", "the broker: it timed out");
        ticker.advance(Duration.ofSeconds(6));
        health.blocked("broker", "the broker: it is gone");
        ticker.advance(Duration.ofSeconds(4));
        assertTrue(health.ready());
        assertTrue(health.live());

        ticker.advance(Duration.ofMillis(1));
        assertFalse(health.ready(), "whatever the reasons given since");
        assertTrue(health.live());
        assertEquals(Health.State.BLOCKED, health.parts().get("broker").state());

        health.running("broker");
        assertTrue(health.ready());
        health.blocked("broker", "the broker: it timed out");
        assertTrue(health.ready(), "the limit begins anew");
    }

    @Test
    void aPartWithoutWorkIsReadyForEver() {
        health.waiting("claim", "prompts");
        ticker.advance(Duration.ofDays(1));
        assertTrue(health.ready());
    }

    @Test
    void aWatchedPartThatSaysNothingMoreCountsAsBlocked() {
        health.watched("loop");
        health.running("loop");
        health.waiting("other", "prompts");
        ticker.advance(Duration.ofSeconds(30));
        assertTrue(health.ready());

        ticker.advance(Duration.ofMillis(1));
        assertFalse(health.ready());
        assertEquals(Health.State.BLOCKED, health.parts().get("loop").state());
        assertEquals(Health.State.WAITING, health.parts().get("other").state());

        health.running("loop");
        assertTrue(health.ready());
        assertEquals(Health.State.RUNNING, health.parts().get("loop").state());
    }

    @Test
    void aStartThatWaitsSaysForWhatAndIsNotReady() {
        health.starting("trainer", "a broker at kafka:9092");
        assertFalse(health.ready());
        assertTrue(health.live());
        assertEquals(
                new Health.Part(Health.State.STARTING, "a broker at kafka:9092", START_MS),
                health.parts().get("trainer"));
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

    @Test
    void aPartThatHasEndedByIntentIsNotSaidToHang() {
        ManualTicker time = new ManualTicker();
        Health drained = new Health(() -> 0, time);
        drained.watched("claim");
        drained.running("claim");
        drained.ended("claim", "draining");
        time.advance(Health.READY_TIMEOUT.plusSeconds(1));
        assertTrue(drained.ready());
        assertEquals(
                new Health.Part(Health.State.WAITING, "draining", 0),
                drained.parts().get("claim"));
    }
}
