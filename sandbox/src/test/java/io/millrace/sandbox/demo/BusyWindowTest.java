package io.millrace.sandbox.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.record.WorkersRecord.State;
import io.millrace.ops.cluster.WorkerStatuses;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BusyWindowTest {
    private final BusyWindow window = new BusyWindow(Set.of("w1", "w2"), Duration.ofSeconds(2));

    @Test
    void itBeginsWithTheLastWorkerToBeBusyPlusTheWarmUp() {
        window.observe(List.of(TestDemo.worker("w1", State.RUNNING, 8, 0, 1_000)), 1_100);
        window.observe(
                List.of(
                        TestDemo.worker("w1", State.RUNNING, 64, 0, 3_000),
                        TestDemo.worker("w2", State.RUNNING, 0, 0, 3_000)),
                3_100);
        assertFalse(window.open(60_000));
        window.observe(
                List.of(
                        TestDemo.worker("w1", State.RUNNING, 64, 0, 5_000),
                        TestDemo.worker("w2", State.RUNNING, 64, 0, 4_500)),
                5_100);
        assertEquals(6_500, window.fromMs());
        assertFalse(window.open(6_500));
        assertTrue(window.open(6_501));
    }

    @Test
    void slotsOfAWorkerThatJoinsCountFromThenOn() {
        var w1 = TestDemo.worker("w1", State.RUNNING, 64, 0, 1_000);
        var w2 = TestDemo.worker("w2", State.RUNNING, 64, 0, 1_000);
        var w3 = TestDemo.worker("w3", State.RUNNING, 64, 0, 9_000);
        window.observe(List.of(w1, w2), 3_000);
        window.observe(List.of(w1, w2), 5_000);
        window.observe(List.of(w1, w2, w3), 7_000);
        assertEquals(160, window.slots(1));
    }

    /** 64 of 64 and 32 of 64 slots for two seconds each, in which two groups of eight were finished. */
    @Test
    void whatWorkersSayIsTheMeasureWhereAnEngineKeepsNoLedger() {
        window.observe(workers(64, 1, 1), 3_000);
        window.observe(workers(64, 64, 1), 5_000);
        window.observe(workers(64, 32, 3), 7_000);
        var measured = window.measured();
        assertEquals(0.875, measured.path("occupancy").doubleValue(), 1e-9);
        assertEquals(4, measured.path("samples_per_second").doubleValue(), 1e-9);
        assertEquals(400, measured.path("tokens_per_second").doubleValue(), 1e-9);
        assertEquals(4, measured.path("window_seconds").doubleValue(), 1e-9);
    }

    private static List<WorkerStatuses.Seen> workers(int first, int second, long groups) {
        return List.of(
                TestDemo.worker("w1", State.RUNNING, first, groups, 1_000),
                TestDemo.worker("w2", State.RUNNING, second, 0, 1_000));
    }

    @Test
    void withoutAMeasureTheGivenSlotsCount() {
        assertEquals(128, window.slots(128));
    }
}
