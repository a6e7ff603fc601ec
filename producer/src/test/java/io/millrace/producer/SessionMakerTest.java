package io.millrace.producer;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.lag.LagOffsets;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.session.Tenure;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.producer.queue.LostClaims;
import io.millrace.producer.queue.QueueLag;
import io.millrace.producer.scale.Scaling;
import io.millrace.producer.session.ProducerSession;
import io.millrace.producer.status.AdmissionWait;
import io.millrace.producer.status.ProducerMetrics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionMakerTest {
    @TempDir
    Path folder;

    private ProducerSettings settings(String bootstrap) throws Exception {
        Path prompts = Files.writeString(folder.resolve("prompts.jsonl"), """
                {"prompt": "1+1?", "label": "2"}
                """);
        Map<String, String> flags =
                Map.of("run", "r", "dataset", prompts.toString(), "bootstrap", bootstrap, "reward-type", "dapo");
        return SettingsBinder.of(ProducerSettings.class, flags);
    }

    /** A name is gone for a moment when a broker is moved: between a start and the run's take-over, and in a run. */
    @Test
    void aSessionIsMadeWhileTheBrokersNameIsNotKnown() throws Exception {
        ManualTicker ticker = new ManualTicker();
        ManualClock clock = new ManualClock();
        Health health = new Health(clock, ticker);
        ProducerSettings settings = settings("no-such-host.invalid:9092");
        Admin admin = KafkaClients.patient(settings.kafka(), SessionMaker.recordBytesMax(settings))
                .admin("test");
        SessionClients clients = new KafkaSessionClients(settings, admin);
        try (Metrics metrics = new Metrics("r")) {
            ProducerSession.Plan plan = ProducerWiring.plan(settings);
            ProducerMetrics meters = new ProducerMetrics(metrics.registry(), () -> null);
            ProducerSession.Surroundings around = new ProducerSession.Surroundings(
                    new Tenure.OfProcess("producer"),
                    new LostClaims(clients::lane, plan.topics(), settings.brokerTimeout()),
                    new QueueLag(LagOffsets.of(admin), plan.topics(), metrics.registry(), ticker),
                    new Scaling(settings.scaling().rules()),
                    new AdmissionWait(health, meters, clock, ticker),
                    health,
                    meters,
                    clock,
                    ticker,
                    _ -> {});
            SessionMaker maker = new SessionMaker(settings, plan, clients, metrics, around);
            assertDoesNotThrow(() -> maker.make().close());
        } finally {
            admin.close(Duration.ZERO);
        }
    }
}
