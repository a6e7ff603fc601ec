package io.millrace.producer;

import io.millrace.common.kafka.HangingTransactions;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.LaneOffsets;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;

/** The sessions' clients of the run's broker. Thread-safe. */
final class KafkaSessionClients implements SessionClients {
    /** The broker's default ceiling, {@code transaction.max.timeout.ms}. */
    private static final Duration TRANSACTION_MAX = Duration.ofMinutes(15);

    /** A change of what is read waits for the fetch under way; taking the run over changes it five times. */
    private static final String FETCH_WAIT_MS = "50";

    private final RunTopics topics;
    private final Duration limit;
    private final Admin admin;
    private final KafkaClients clients;
    private final KafkaClients readers;
    private final KafkaClients publishers;

    /** @param admin not owned */
    KafkaSessionClients(ProducerSettings settings, Admin admin) {
        this.topics = new RunTopics(settings.topics().run());
        this.limit = settings.brokerTimeout();
        this.admin = admin;
        this.clients = with(settings, Map.of());
        this.readers = with(settings, Map.of(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS));
        this.publishers = publishers(settings);
    }

    @Override
    public Consumer<byte[], byte[]> follower(String clientId) {
        return readers.follower(clientId);
    }

    @Override
    public Producer<byte[], byte[]> publisher() {
        return publishers.transactionalProducer("millrace-producer-publisher", topics.producerTransactionalId());
    }

    @Override
    public LaneOffsets lane(Lane lane) {
        return LaneOffsets.of(admin, topics, lane);
    }

    @Override
    public void abortHanging(Collection<TopicPartition> partitions) throws InterruptedException {
        var _ = HangingTransactions.abort(admin, topics.producerTransactionalId(), partitions, limit);
    }

    @Override
    public Admin admin() {
        return admin;
    }

    /** A heartbeat that cannot be delivered is soon given up, so that the next is not held back by it. */
    @Override
    public Producer<byte[], byte[]> heart() {
        return clients.producer(
                "millrace-producer-heart",
                Map.of(
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000));
    }

    /**
     * The publisher waits for the broker as long as set, in a flush too. Its transactions outlive that wait, so that the
     * broker gives up none whose producer is still at it.
     */
    private static KafkaClients publishers(ProducerSettings settings) {
        Duration limit = settings.brokerTimeout();
        Duration transaction =
                limit.plusMinutes(1).compareTo(TRANSACTION_MAX) > 0 ? TRANSACTION_MAX : limit.plusMinutes(1);
        return with(
                settings,
                Map.of(
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(limit.toMillis()),
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Long.toString(limit.toMillis()),
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Long.toString(limit.toMillis()),
                        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Long.toString(transaction.toMillis())));
    }

    /** Clients with further defaults; what the user passes through wins. */
    private static KafkaClients with(ProducerSettings settings, Map<String, String> defaults) {
        Map<String, String> properties = new HashMap<>(defaults);
        properties.putAll(settings.kafka().properties());
        return KafkaClients.patient(
                new KafkaSettings(settings.kafka().bootstrap(), properties), SessionMaker.recordBytesMax(settings));
    }
}
