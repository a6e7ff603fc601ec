package io.millrace.ops.lag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private final Pace pace = new Pace(Duration.ofMinutes(1));

    @Test
    void thePaceOfAllCountersIsAddedUp() {
        pace.saw("a", 0, 10);
        pace.saw("a", 10_000, 15);
        pace.saw("b", 2_000, 100);
        pace.saw("b", 10_000, 105);
        assertEquals(1.0, pace.perSecond(10_000));
    }

    @Test
    void itFallsWhileNothingIsHeard() {
        pace.saw("a", 0, 0);
        pace.saw("a", 10_000, 10);
        assertEquals(0.5, pace.perSecond(20_000));
        assertNull(pace.perSecond(120_000), "nothing of the last minute");
    }

    @Test
    void whatOneWordAloneSaysIsNoPace() {
        assertNull(pace.perSecond(0));
        pace.saw("a", 0, 40);
        assertNull(pace.perSecond(1_000));
    }
}
