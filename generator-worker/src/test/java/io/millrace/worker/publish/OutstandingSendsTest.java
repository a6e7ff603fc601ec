package io.millrace.worker.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutstandingSendsTest {
    private final ManualTicker ticker = new ManualTicker();
    private final OutstandingSends sends = new OutstandingSends(ticker);

    @Test
    void theTimeCountsWhileSomeWaitAndNoneIsAnswered() {
        ticker.advance(Duration.ofHours(1));
        assertEquals(Duration.ZERO, sends.stuckFor());

        sends.sent();
        ticker.advance(Duration.ofSeconds(4));
        sends.sent();
        ticker.advance(Duration.ofSeconds(1));
        assertEquals(Duration.ofSeconds(5), sends.stuckFor());

        sends.answered();
        assertEquals(Duration.ZERO, sends.stuckFor());
        ticker.advance(Duration.ofSeconds(2));
        assertEquals(Duration.ofSeconds(2), sends.stuckFor());

        sends.answered();
        ticker.advance(Duration.ofSeconds(2));
        assertEquals(Duration.ZERO, sends.stuckFor());
    }

    @Test
    void healthNamesABrokerThatTakesNoResultsUntilItTakesOne() {
        Health health = new Health(new ManualClock(), ticker);
        sends.report(health);
        assertEquals(Health.State.RUNNING, state(health));

        sends.sent();
        sends.sent();
        ticker.advance(OutstandingSends.STUCK);
        sends.report(health);
        assertEquals(Health.State.RUNNING, state(health));
        ticker.advance(Duration.ofMillis(1));
        sends.report(health);
        assertEquals(Health.State.BLOCKED, state(health));

        sends.answered();
        sends.report(health);
        assertEquals(Health.State.RUNNING, state(health));
    }

    private static Health.State state(Health health) {
        Health.Part part = health.parts().get(OutstandingSends.PART);
        assertNotNull(part);
        return part.state();
    }
}
