package io.millrace.worker.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
    private final ManualClock clock = new ManualClock();
    private final ManualTicker ticker = new ManualTicker();
    private final AtomicInteger steps = new AtomicInteger();
    private final ClockWatch watch = new ClockWatch(clock, ticker, List.of(steps::incrementAndGet));

    private void pass(Duration time) {
        ticker.advance(time);
        clock.advance(time);
    }

    @Test
    void aWallClockSetBackOrForwardIsToldOfAtTheNextLookAndOnce() {
        int told = 0;
        for (Duration step : List.of(Duration.ofHours(-1), Duration.ofHours(1), Duration.ofSeconds(-6))) {
            pass(Duration.ofMillis(500));
            watch.look();
            assertEquals(told, steps.get());
            clock.advance(step);
            pass(Duration.ofMillis(500));
            watch.look();
            assertEquals(++told, steps.get(), "by " + step);
        }
    }

    @Test
    void neitherAnHourInWhichNothingWasLookedAtNorAClockThatIsSlewedIsAStep() {
        pass(Duration.ofHours(1));
        watch.look();
        for (int second = 0; second < 10_000; second++) {
            pass(Duration.ofSeconds(1));
            clock.advance(Duration.ofMillis(-1));
            watch.look();
        }
        assertEquals(0, steps.get());
    }
}
