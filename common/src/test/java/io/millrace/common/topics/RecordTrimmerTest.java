package io.millrace.common.topics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class RecordTrimmerTest {
    private static final Duration PERIOD = Duration.ofSeconds(30);

    private final ManualTicker ticker = new ManualTicker();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final TrimFailures failures =
            new TrimFailures("deletion", new Health(new ManualClock(), ticker), registry, ticker, PERIOD);

    /** Nobody listens there; what is under way ends when the client is closed. */
    @Test
    void aDeletionThatIsNotDoneIsToldOf() {
        Admin admin = new KafkaClients(new KafkaSettings("127.0.0.1:1", Map.of()), 1 << 20).admin("test");
        RecordTrimmer trimmer = new RecordTrimmer(admin, ticker, PERIOD, failures);
        trimmer.mayDeleteBelow(new TopicPartition("r.results", 2), 5);
        trimmer.turn();
        ticker.advance(PERIOD);
        trimmer.turn();
        assertNull(registry.find("millrace.deletions.failed").counter(), "it is under way");

        admin.close(Duration.ZERO);
        trimmer.turn();
        assertEquals(
                1,
                registry.get("millrace.deletions.failed")
                        .tag("topic", "r.results")
                        .counter()
                        .count());
    }
}
