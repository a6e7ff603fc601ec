package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

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
    private final EnginePool pool =
            new EnginePool(List.of("http://engine"), engine, VersionWord::number, ticker, Duration.ZERO, Duration.ZERO);
    private final EngineWatch watch = new EngineWatch(pool, health, Duration.ZERO);

    private Health.State state() {
        Health.Part part = health.parts().get("engines");
        assertNotNull(part);
        return part.state();
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
