package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LivenessTest {
    private final Liveness liveness = new Liveness(Duration.ofSeconds(2), Duration.ofSeconds(2));

    private void beat(long sequence, long sentMs, long readMs) {
        liveness.sent(sequence, sentMs);
        liveness.readBack(sequence, readMs);
    }

    @Test
    void theLedgerIsCaughtUpFromItsFirstHeartbeatReadBack() {
        assertTrue(liveness.turn(0));
        assertFalse(liveness.caughtUp());
        beat(1, 100, 150);
        assertEquals(OptionalLong.of(150), liveness.sinceMs());
        beat(2, 2_100, 2_150);
        assertTrue(liveness.turn(2_000));
        assertEquals(OptionalLong.of(150), liveness.sinceMs());
    }

    @Test
    void aHeartbeatThatDoesNotComeBackInTimeIsAGapAndALateOneDoesNotEndIt() {
        liveness.turn(0);
        beat(1, 0, 10);
        liveness.sent(2, 1_000);
        assertTrue(liveness.turn(1_500));
        assertTrue(liveness.turn(3_000));
        assertFalse(liveness.turn(3_001));
        assertTrue(liveness.sinceMs().isEmpty());
        liveness.readBack(2, 3_002);
        assertFalse(liveness.caughtUp());
        beat(3, 3_500, 3_600);
        assertEquals(OptionalLong.of(3_600), liveness.sinceMs());
    }

    @Test
    void afterAFreezeOnlyAHeartbeatSentAfterwardsCounts() {
        liveness.turn(0);
        beat(1, 0, 10);
        liveness.sent(2, 1_000);
        // Frozen here; the first poll afterwards finds the heartbeat of before, and the turn notices the pause.
        liveness.readBack(2, 60_000);
        assertFalse(liveness.turn(60_000));
        assertFalse(liveness.caughtUp());
        beat(3, 60_100, 60_200);
        assertEquals(OptionalLong.of(60_200), liveness.sinceMs());
    }

    @Test
    void aHeartReadBackThatSendsNoMoreIsAGap() {
        beat(1, 0, 10);
        for (long nowMs = 0; nowMs <= 4_000; nowMs += 500) {
            assertTrue(liveness.turn(nowMs));
        }
        assertFalse(liveness.turn(4_001));
        assertFalse(liveness.caughtUp());
    }

    @Test
    void aForeignSequenceSaysNothing() {
        liveness.readBack(7, 10);
        assertFalse(liveness.caughtUp());
    }
}
