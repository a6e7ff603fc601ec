package io.millrace.common.topics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TrimFailuresTest {
    private static final Duration PERIOD = Duration.ofSeconds(30);
    private static final String PART = "deletion";

    private final ManualTicker ticker = new ManualTicker();
    private final Health health = new Health(new ManualClock(), ticker);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final TrimFailures failures = new TrimFailures(PART, health, registry, ticker, PERIOD);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(TrimFailures.class);

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(lines);
    }

    @Test
    void aDeletionThatFailsIsSaidOncePerPeriodAndCountedEachTime() {
        failures.failed("r.results", 0, "no leader");
        failures.failed("r.results", 1, "no leader");
        assertEquals(1, lines.list.size());
        assertEquals(Level.WARN, lines.list.getFirst().getLevel());
        String line = lines.list.getFirst().getFormattedMessage();
        assertTrue(line.contains("r.results-0") && line.contains("no leader"), line);

        ticker.advance(PERIOD);
        failures.failed("r.results", 0, "no leader");
        assertEquals(2, lines.list.size());
        assertTrue(lines.list.getLast().getFormattedMessage().contains("2 in a row"));
        assertEquals(
                3,
                registry.get("millrace.deletions.failed")
                        .tag("topic", "r.results")
                        .counter()
                        .count());
    }

    @Test
    void healthNamesWhatFailsForLongAndStaysReady() {
        failures.failed("r.results", 0, "no leader");
        ticker.advance(PERIOD.multipliedBy(TrimFailures.PERIODS_MAX).minusNanos(1));
        failures.failed("r.results", 0, "no leader");
        assertNull(health.parts().get(PART));

        ticker.advance(Duration.ofNanos(1));
        failures.failed("r.results", 0, "not allowed");
        Health.Part part = health.parts().get(PART);
        assertNotNull(part);
        assertEquals(Health.State.WAITING, part.state());
        assertTrue(part.detail().contains("r.results-0") && part.detail().contains("not allowed"), part::toString);
        assertTrue(health.ready());
    }

    @Test
    void aDeletionThatSucceedsAgainEndsIt() {
        failures.failed("r.results", 0, "no leader");
        ticker.advance(PERIOD.multipliedBy(TrimFailures.PERIODS_MAX));
        failures.failed("r.results", 0, "no leader");
        failures.deleted("r.results", 0);
        Health.Part part = health.parts().get(PART);
        assertNotNull(part);
        assertEquals(Health.State.RUNNING, part.state());
        assertEquals("the broker deletes records again", lines.list.getLast().getFormattedMessage());

        failures.failed("r.results", 0, "no leader");
        assertTrue(lines.list.getLast().getFormattedMessage().contains("1 in a row"));
    }

    @Test
    void whatIsNoMoreAskedForFailsNoLonger() {
        failures.failed("r.results", 0, "no leader");
        failures.failed("r.results", 1, "no leader");
        ticker.advance(PERIOD.multipliedBy(TrimFailures.PERIODS_MAX));
        failures.asked(Set.of(new TopicPartition("r.results", 0), new TopicPartition("r.results", 1)));
        failures.failed("r.results", 1, "no leader");
        failures.asked(Set.of(new TopicPartition("r.results", 1)));
        assertTrue(health.parts().get(PART).detail().contains("r.results-1"));
        failures.asked(Set.of());
        assertEquals(Health.State.RUNNING, health.parts().get(PART).state());
    }
}
