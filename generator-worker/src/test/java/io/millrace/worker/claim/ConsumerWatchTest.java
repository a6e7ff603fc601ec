package io.millrace.worker.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.worker.claim.ConsumerWatch.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConsumerWatchTest {
    private final ManualClock clock = new ManualClock();
    private final ManualTicker ticker = new ManualTicker();
    private final ConsumerWatch watch = new ConsumerWatch(Duration.ofSeconds(60));

    private Verdict look() {
        return watch.look(ticker.nanos(), clock.millis());
    }

    private Verdict polled(long answers) {
        return watch.polled(answers, ticker.nanos());
    }

    private void pass(Duration time) {
        ticker.advance(time);
        clock.advance(time);
    }

    @Test
    void aWallClockSetBackOrForwardIsNoticedAtTheNextLookAndOnce() {
        for (Duration step : new Duration[] {Duration.ofHours(-1), Duration.ofHours(1), Duration.ofSeconds(-6)}) {
            look();
            pass(Duration.ofMillis(500));
            assertEquals(Verdict.WELL, look());
            clock.advance(step);
            pass(Duration.ofMillis(500));
            assertEquals(Verdict.CLOCK_STEPPED, look(), "by " + step);
            pass(Duration.ofMillis(500));
            assertEquals(Verdict.WELL, look());
        }
    }

    @Test
    void neitherAnHourInWhichNothingWasLookedAtNorAClockThatIsSlewedIsAStep() {
        look();
        pass(Duration.ofHours(1));
        assertEquals(Verdict.WELL, look());
        for (int second = 0; second < 10_000; second++) {
            pass(Duration.ofSeconds(1));
            clock.advance(Duration.ofMillis(-1));
            assertEquals(Verdict.WELL, look());
        }
    }

    @Test
    void pollsWithoutAnAnswerAreAStallAfterTheLimit() {
        polled(7);
        pass(Duration.ofSeconds(60));
        assertEquals(Verdict.WELL, polled(7));
        pass(Duration.ofMillis(1));
        assertEquals(Verdict.STALLED, polled(7));
    }

    @Test
    void anIdleRunWhosePollsAreAnsweredIsNeverRebuilt() {
        for (long second = 0; second < 100_000; second++) {
            pass(Duration.ofSeconds(1));
            assertEquals(Verdict.WELL, polled(second / 30));
        }
    }

    @Test
    void timeInWhichNothingWasPolledDoesNotCount() {
        polled(7);
        pass(Duration.ofSeconds(50));
        watch.unwanted();
        pass(Duration.ofHours(1));
        assertEquals(Verdict.WELL, polled(7));
        pass(Duration.ofSeconds(50));
        assertEquals(Verdict.WELL, polled(7));
    }

    @Test
    void eachRebuildInVainWaitsTwiceAsLongUpToALimit() {
        long rebuilds = 0;
        for (int minute = 0; minute < 24 * 60; minute++) {
            for (int second = 0; second < 60; second++) {
                pass(Duration.ofSeconds(1));
                if (polled(0) == Verdict.STALLED) {
                    rebuilds++;
                    watch.rebuilt(Verdict.STALLED);
                }
            }
        }
        assertTrue(rebuilds > 60 && rebuilds < 110, rebuilds + " in a day");

        polled(0);
        polled(1);
        pass(Duration.ofSeconds(61));
        assertEquals(Verdict.STALLED, polled(1), "an answer gives the first limit back");
    }
}
