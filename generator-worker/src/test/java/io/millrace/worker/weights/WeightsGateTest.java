package io.millrace.worker.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Policy.State;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits for the trainer, and for how long at most. */
@Timeout(60)
class WeightsGateTest {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final ManualTicker ticker = new ManualTicker();
    private final WeightsGate gate = new WeightsGate(LIMIT, ticker);

    private void say(State state, long version) {
        gate.news(new Policy(new Lineage(0), new WeightVersion(version), 0, state, 0));
    }

    @Test
    void aRunWithoutNewsIsNotHeld() throws Exception {
        gate.awaitReady();
        assertTrue(gate.awaitResumed(Duration.ZERO));
        assertEquals("", gate.holdReason());
    }

    @Test
    void anUpdateHoldsSamplesAndNotClaims() throws Exception {
        say(State.UPDATING, 1);
        assertEquals("weights newer than version 1", gate.holdReason());
        assertTrue(gate.awaitResumed(Duration.ZERO));
        Thread waiting = Thread.ofVirtual().start(() -> {
            try {
                gate.awaitReady();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        while (waiting.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(waiting.isAlive(), "went on during the update");
            Thread.onSpinWait();
        }
        say(State.READY, 2);
        waiting.join();
        assertEquals("", gate.holdReason());
    }

    @Test
    void aPauseHoldsClaimsToo() throws Exception {
        say(State.PAUSED, 1);
        assertFalse(gate.awaitResumed(Duration.ofMillis(1)));
        assertEquals("the trainer to resume the run", gate.holdReason());
        say(State.READY, 1);
        assertTrue(gate.awaitResumed(Duration.ZERO));
    }

    @Test
    void aTrainerThatNeverSaysReadyHoldsForALimitedTime() throws Exception {
        say(State.PAUSED, 1);
        ticker.advance(LIMIT.minusMillis(1));
        say(State.PAUSED, 1);
        assertFalse(gate.isOverdue());
        ticker.advance(Duration.ofMillis(1));
        assertTrue(gate.isOverdue(), "a repeated record does not begin the time anew");
        gate.awaitReady();
        assertTrue(gate.awaitResumed(Duration.ZERO));
        say(State.UPDATING, 2);
        assertFalse(gate.isOverdue(), "each state has its own time");
    }
}
