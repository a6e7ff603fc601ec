package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.engine.dialect.VersionWord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineWatchTest {
    private final ManualTicker ticker = new ManualTicker();
    private final Health health = new Health(new ManualClock(), ticker);
    private final TestingEngine engine = new TestingEngine();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final EnginePool pool =
            new EnginePool(List.of("http://engine"), engine, VersionWord::number, ticker, Duration.ZERO, Duration.ZERO);
    private final EngineWatch watch = new EngineWatch(pool, health, registry, Duration.ZERO);

    private Health.State state() {
        Health.Part part = health.parts().get("engines");
        assertNotNull(part);
        return part.state();
    }

    private double up() {
        return registry.get("millrace.worker.engine.up")
                .tag("engine", "http://engine")
                .gauge()
                .value();
    }

    @Test
    void everyEngineThatTheWorkerHasIsShownUpOrDown() throws Exception {
        engine.serves("3");
        watch.runOnce();
        assertEquals(1, up());
        engine.failsWhenAsked(Kind.UNREACHABLE);
        watch.runOnce();
        assertEquals(0, up());
        EngineMeters meters = new EngineMeters(registry);
        meters.show(pool.statuses());
        meters.show(List.of());
        assertNull(
                registry.find("millrace.worker.engine.up").gauge(), "one that was taken off is no engine that is down");
    }

    @Test
    void eachTurnAsksTheEnginesAndTellsTheHealthReport() throws Exception {
        engine.serves("3");
        watch.runOnce();
        assertEquals("3", pool.statuses().getFirst().weightVersion());
        assertEquals(Health.State.RUNNING, state());
        engine.failsWhenAsked(Kind.UNREACHABLE);
        watch.runOnce();
        assertEquals(Health.State.BLOCKED, state());
        engine.failsWhenAsked(null);
        engine.serves("4");
        watch.runOnce();
        assertEquals("4", pool.statuses().getFirst().weightVersion());
        assertEquals(Health.State.RUNNING, state());
    }
}
