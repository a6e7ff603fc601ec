package io.millrace.worker.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.kafka.TopicTail;
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

    @Test
    void afterOneWaitInVainNobodyWaitsUntilAStatusIsTaken() {
        watch.taken();
        assertEquals(StatusWatch.CLOSE_LIMIT, watch.patience(StatusWatch.CLOSE_LIMIT));
        watch.waitedInVain();
        assertEquals(StatusWatch.MOMENT, watch.patience(StatusWatch.CLOSE_LIMIT));
        assertFalse(watch.isWithoutBroker(), "what is held may still finish");

        watch.taken();
        assertEquals(StatusWatch.CLOSE_LIMIT, watch.patience(StatusWatch.CLOSE_LIMIT));
    }

    /** Three lanes, a status, its client and results, of which the first waits in vain; a blocked send; two followers. */
    @Test
    void allClosesOfAWorkerAskForLessThanFiveSeconds() {
        Duration all = StatusWatch.CLOSE_LIMIT
                .plus(StatusWatch.MOMENT.multipliedBy(5))
                .plus(Duration.ofSeconds(1))
                .plus(TopicTail.CLOSE_LIMIT.multipliedBy(2));
        assertTrue(all.compareTo(Duration.ofSeconds(5)) < 0, all.toString());
    }
}
