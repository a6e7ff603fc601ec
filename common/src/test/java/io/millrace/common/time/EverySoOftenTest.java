package io.millrace.common.time;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EverySoOftenTest {
    private final ManualTicker ticker = new ManualTicker();
    private final EverySoOften often = new EverySoOften(Duration.ofSeconds(10), ticker);

    @Test
    void onceAtOnceAndThenOnceAPeriod() {
        assertTrue(often.isDue());
        ticker.advance(Duration.ofMillis(9_999));
        assertFalse(often.isDue());
        ticker.advance(Duration.ofMillis(1));
        assertTrue(often.isDue());
        assertFalse(often.isDue());
    }

    @Test
    void whatIsOverBeginsAnew() {
        assertFalse(often.reset());
        assertTrue(often.isDue());
        assertTrue(often.reset());
        assertTrue(often.isDue());
    }
}
