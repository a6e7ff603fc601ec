package io.millrace.worker.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
