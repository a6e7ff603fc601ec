package io.millrace.worker.claim;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConsumerWatchTest {
    private final ManualTicker ticker = new ManualTicker();
    private final ConsumerWatch watch = new ConsumerWatch(Duration.ofSeconds(60));

    private boolean polled(long answers) {
        return watch.stalled(answers, ticker.nanos());
    }

    private void pass(Duration time) {
        ticker.advance(time);
    }

    @Test
    void pollsWithoutAnAnswerAreAStallAfterTheLimit() {
        polled(7);
        pass(Duration.ofSeconds(60));
        assertFalse(polled(7));
        pass(Duration.ofMillis(1));
        assertTrue(polled(7));
    }

    @Test
    void anIdleRunWhosePollsAreAnsweredIsNeverRebuilt() {
        for (long second = 0; second < 100_000; second++) {
            pass(Duration.ofSeconds(1));
            assertFalse(polled(second / 30));
        }
    }

    @Test
    void timeInWhichNothingWasPolledDoesNotCount() {
        polled(7);
        pass(Duration.ofSeconds(50));
        watch.unwanted();
        pass(Duration.ofHours(1));
        assertFalse(polled(7));
        pass(Duration.ofSeconds(50));
        assertFalse(polled(7));
    }

    @Test
    void eachRebuildInVainWaitsTwiceAsLongUpToALimit() {
        long rebuilds = 0;
        for (int minute = 0; minute < 24 * 60; minute++) {
            for (int second = 0; second < 60; second++) {
                pass(Duration.ofSeconds(1));
                if (polled(0)) {
                    rebuilds++;
                    watch.rebuiltStalled();
                }
            }
        }
        assertTrue(rebuilds > 60 && rebuilds < 110, rebuilds + " in a day");

        polled(0);
        polled(1);
        pass(Duration.ofSeconds(61));
        assertTrue(polled(1), "an answer gives the first limit back");
    }
}
