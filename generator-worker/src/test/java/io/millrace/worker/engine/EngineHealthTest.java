package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class EngineHealthTest {
    private static final String PART = "engines";

    private final ManualTicker ticker = new ManualTicker();
    private final Health health = new Health(new ManualClock(), ticker);
    private final EngineHealth engines = new EngineHealth(health);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(EngineHealth.class);

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(lines);
    }

    private static EngineStatus engine(String address, boolean healthy) {
        return new EngineStatus(address, healthy, 0, null);
    }

    private Health.Part part() {
        Health.Part part = health.parts().get(PART);
        assertNotNull(part);
        return part;
    }

    @Test
    void withoutAnyEngineTheWorkerIsBlockedAndSaysSoOnce() {
        for (int i = 0; i < 3; i++) {
            engines.report(List.of(engine("http://a", false), engine("http://b", false)), 0);
        }
        assertEquals(Health.State.BLOCKED, part().state());
        assertTrue(part().detail().endsWith("none of which is well: http://a, http://b"), part()::detail);
        assertEquals(1, lines.list.size());
        assertEquals(Level.WARN, lines.list.getFirst().getLevel());
        ticker.advance(Health.READY_TIMEOUT.plus(Duration.ofMillis(1)));
        engines.report(List.of(engine("http://a", false)), 0);
        assertFalse(health.ready());
        assertTrue(health.live());

        engines.report(List.of(engine("http://a", true), engine("http://b", false)), 0);
        assertTrue(health.ready());
        assertEquals(2, lines.list.size());
        assertEquals(
                "an engine is well again; still not: http://b",
                lines.list.getLast().getFormattedMessage());
    }

    @Test
    void oneThatCanBeReachedIsEnoughAndTheOthersAreNamed() {
        engines.report(List.of(engine("http://a", true), engine("http://b", false)), 0);
        assertEquals(Health.State.WAITING, part().state());
        assertTrue(part().detail().contains("http://b") && !part().detail().contains("http://a"), part()::detail);
        engines.report(List.of(engine("http://a", true)), 2);
        assertEquals(Health.State.WAITING, part().state());
        engines.report(List.of(engine("http://a", true)), 0);
        assertEquals(Health.State.RUNNING, part().state());
        assertEquals(List.of(), lines.list);
    }
}
