package io.millrace.producer;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.session.Tenure;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.queue.LostClaims;
import io.millrace.producer.queue.QueueLag;
import io.millrace.producer.scale.Scaling;
import io.millrace.producer.session.ProducerSession;
import io.millrace.producer.session.ProducerWork;
import io.millrace.producer.status.AdmissionWait;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.status.ProducerStatus;
import io.millrace.producer.testing.InMemoryLane;
import io.millrace.producer.testing.InMemoryTopics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A producer process in all but its threads, on a broker in memory: the production wiring with other edges. */
public final class InMemoryProducer implements AutoCloseable {
    public final ManualTicker ticker = new ManualTicker();
    public final ManualClock clock = new ManualClock();
    public final Health health = new Health(clock, ticker);
    public final RunTopics topics;
    public final AtomicReference<@Nullable ProducerStatus> status = new AtomicReference<>();

    /** By group, what was committed last. */
    public final Map<String, Map<TopicPartition, Long>> lagOffsets = new HashMap<>();

    private final Metrics metrics = new Metrics("r");
    private final Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:1"));
    private final InMemorySessionClients clients;
    private final ProducerMetrics meters = new ProducerMetrics(metrics.registry(), status::get);
    private final SessionMaker sessions;

    /**
     * @param folder for its data set of three rows
     * @param flags beside those that must be; batches of 2 groups of 1 sample each
     */
    public InMemoryProducer(Path folder, Map<String, String> flags) throws Exception {
        this(folder, flags, null);
    }

    /** @param before whose topics it finds, after its process has ended; null for empty ones */
    public InMemoryProducer(Path folder, Map<String, String> flags, @Nullable InMemoryProducer before)
            throws Exception {
        ProducerSettings settings = settings(folder, flags);
        topics = new RunTopics(settings.topics().run());
        clients = before == null ? new InMemorySessionClients(topics, admin) : before.clients;
        ProducerSession.Surroundings around = new ProducerSession.Surroundings(
                new Tenure.OfProcess("producer"),
                new LostClaims(clients::lane, topics, settings.brokerTimeout()),
                new QueueLag(this::commit, topics, metrics.registry(), ticker),
                new Scaling(settings.scaling().rules()),
                new AdmissionWait(health, meters, clock, ticker),
                health,
                meters,
                clock,
                ticker,
                status::set);
        sessions = new SessionMaker(settings, ProducerWiring.plan(settings), clients, metrics, around);
    }

    private KafkaFuture<Void> commit(String group, Map<TopicPartition, Long> offsets) {
        lagOffsets.put(group, offsets);
        return KafkaFuture.completedFuture(null);
    }

    private static ProducerSettings settings(Path folder, Map<String, String> more) throws Exception {
        Path prompts = Files.writeString(folder.resolve("prompts.jsonl"), """
                {"prompt": "1+1?", "label": "2"}
                {"prompt": "1+2?", "label": "3"}
                {"prompt": "1+3?", "label": "4"}
                """);
        Map<String, String> flags = new HashMap<>(
                Map.of("run", "r", "dataset", prompts.toString(), "reward-type", "dapo", "batch-groups", "2"));
        flags.put("samples-per-group", "1");
        flags.put("result-partitions", "1");
        flags.putAll(more);
        return SettingsBinder.of(ProducerSettings.class, flags);
    }

    /** A new one, with clients of its own. */
    public ProducerSession session() {
        return sessions.make();
    }

    public ProducerWork work() {
        return new ProducerWork(sessions::make, health, meters, status, clock, null);
    }

    public InMemoryTopics broker() {
        return clients.broker;
    }

    public InMemoryLane lane(Lane lane) {
        return clients.lanes.get(lane);
    }

    /** Where transactions without an end were looked for. */
    public List<TopicPartition> searched() {
        return clients.searched;
    }

    /** No session can be made; null when it can. */
    public void refuse(@Nullable KafkaException refusal) {
        clients.refusal = refusal;
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
        metrics.close();
    }
}
