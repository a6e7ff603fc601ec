package io.millrace.worker.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StatusWatchTest {
    private final ManualTicker ticker = new ManualTicker();
    private final StatusWatch watch = new StatusWatch(Duration.ofSeconds(6), ticker);

    private boolean mayClaim() throws InterruptedException {
        return watch.awaitHeard(Duration.ZERO);
    }

    @Test
    void nothingIsClaimedBeforeTheFirstStatusIsTaken() throws InterruptedException {
        ticker.advance(Duration.ofHours(1));
        assertFalse(mayClaim());
        assertTrue(watch.holdReason().contains("no status of this worker is taken yet"), watch.holdReason());

        watch.taken();
        assertTrue(mayClaim());
        assertEquals("", watch.holdReason());
    }

    @Test
    void claimingStopsWhenStatusesAreRefusedForTooLongAndGoesOnWithTheNextOne() throws InterruptedException {
        watch.taken();
        ticker.advance(Duration.ofSeconds(6));
        assertTrue(mayClaim());

        ticker.advance(Duration.ofMillis(1));
        assertFalse(mayClaim());
        assertTrue(watch.holdReason().contains("6000 ms (--status-timeout)"), watch.holdReason());

        watch.taken();
        assertTrue(mayClaim());
    }

    @Test
    void aStopWaitsOnlyForABrokerThatTakesStatuses() {
        assertEquals(StatusWatch.MOMENT, watch.patience(Duration.ofSeconds(3)));
        assertEquals(Duration.ofMillis(1), watch.patience(Duration.ofMillis(1)));

        watch.taken();
        ticker.advance(Duration.ofSeconds(6));
        assertFalse(watch.isWithoutBroker());
        assertEquals(Duration.ofSeconds(3), watch.patience(Duration.ofSeconds(3)));

        ticker.advance(Duration.ofMillis(1));
        assertTrue(watch.isWithoutBroker());
        assertEquals(StatusWatch.MOMENT, watch.patience(Duration.ofMinutes(2)));
    }
}
