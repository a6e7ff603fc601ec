package io.millrace.worker.engine;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import java.time.Duration;
import java.util.List;

/**
 * Asks the engines again and again which weights they serve, and at once when a request waits to know; ends what is under
 * way at those that were taken off. Owned by its loop's thread.
 */
public final class EngineWatch implements OwnerLoop.Turn {
    /** Between two questions, however many requests wait. */
    private static final Duration PAUSE_MIN = Duration.ofMillis(50);

    private final EnginePool engines;
    private final EngineHealth report;
    private final EngineMeters meters;
    private final Duration interval;
    private final Duration pause;

    /** @param interval between the answers and the next question */
    public EngineWatch(EnginePool engines, Health health, MeterRegistry registry, Duration interval) {
        this.engines = engines;
        this.report = new EngineHealth(health);
        this.meters = new EngineMeters(registry);
        this.interval = interval;
        this.pause = interval.compareTo(PAUSE_MIN) < 0 ? interval : PAUSE_MIN;
    }

    @Override
    public void runOnce() throws InterruptedException {
        engines.endTakenOff();
        engines.askVersions();
        List<EngineStatus> statuses = engines.statuses();
        report.report(statuses, engines.waitingForWeights());
        meters.show(statuses);
        // Engines are asked, they tell nothing by themselves; the curious cannot hurry this part of the interval.
        Thread.sleep(pause);
        engines.awaitCurious(interval.minus(pause));
    }

    @Override
    public void wakeup() {
        engines.stir();
    }

    @Override
    public void close() {
        // The engines belong to others.
    }
}
