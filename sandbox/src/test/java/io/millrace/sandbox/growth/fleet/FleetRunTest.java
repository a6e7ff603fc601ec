package io.millrace.sandbox.growth.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs of a whole fleet in virtual time, by a seed. That every admitted group is settled once, none trained twice and no
 * batch staler than the bound is held by the run itself, event by event.
 */
class FleetRunTest {
    private static final LongSupplier NANOS = ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime;

    private static FleetReport run(FleetPlan plan) {
        FleetReport report = FleetRun.run(plan, NANOS);
        assertEquals((long) plan.steps() * plan.batchGroups(), report.trained());
        assertEquals(report.published(), report.trained() + report.discarded() + report.abandoned());
        assertEquals(report.resultsLost(), report.missing(), "each lost result is found, and none that is there");
        assertTrue(report.busyShare() > 0.5, report::toString);
        return report;
    }

    @Test
    void whateverCrashesFreezesOrIsLostTheRunComesToItsEnd() {
        FleetReport report = run(FleetPlan.of(50, 32, 60, 1));
        assertTrue(report.resultsLost() > 0 && report.reissued() > 0, report::toString);
    }

    @Test
    @Tag("thorough")
    void soItDoesWithAHundredWorkers() {
        FleetReport report = run(FleetPlan.of(100, 64, 100, 2));
        assertTrue(report.crashes() > 0 && report.freezes() > 0 && report.resultsTwice() > 0, report::toString);
    }
}
