package io.millrace.common.kafka;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes Kafka clients. What our promises rest on (acks, idempotence, isolation, no auto-commit) cannot be overridden by
 * passed-through properties; the rest can. Keys and values are bytes everywhere. A client that cannot be made is a
 * {@link SettingException}, with a cause where the same call may do better later. Stateless but for the settings.
 */
public final class KafkaClients {
    /** A read to the end of a topic waits so long for nothing; a start does several of them. Kafka's 500 add up. */
    private static final int FETCH_WAIT_MS = 50;

    /** What a follower holds fetched and unread; one record above it still comes, alone. */
    private static final int FETCH_BYTES_MAX = 64 << 20;

    private static final int PARTITION_FETCH_BYTES_MAX = 16 << 20;

    /** How long a client looks for its broker's name before it gives up for good: longer than any run. */
    private static final long RESOLVE_TIMEOUT_MS = Duration.ofDays(3_650).toMillis();

    private static final String BYTES = "keys and values are bytes everywhere";

    /** Properties a user must not change, with the promise that would break. */
    private static final Map<String, String> FIXED = Map.ofEntries(
            Map.entry(ProducerConfig.ACKS_CONFIG, "a result is durable before its receipt"),
            Map.entry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "a retried publish must not stand twice"),
            Map.entry(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "a second producer or trainer consumer fences the first"),
            Map.entry(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, "--record-size-max gives it"),
            Map.entry(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "--bootstrap gives it"),
            Map.entry(ProducerConfig.CLIENT_ID_CONFIG, "each client has one of its own"),
            Map.entry(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, BYTES),
            Map.entry(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, BYTES),
            Map.entry(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, BYTES),
            Map.entry(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, BYTES),
            Map.entry(
                    CommonClientConfigs.METADATA_RECOVERY_REBOOTSTRAP_TRIGGER_MS_CONFIG,
                    "a broker's name that is not known for long is waited for"),
            Map.entry(ConsumerConfig.GROUP_ID_CONFIG, "each prompts lane has one share group"),
            Map.entry(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "no record may be passed over"),
            Map.entry(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "aborted records must not be seen"),
            Map.entry(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "positions come from our own records"),
            Map.entry(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "a poll must not claim more than there are slots for"),
            Map.entry(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "a claim is acknowledged by name"));

    private final String bootstrap;
    private final Map<String, String> passedThrough;
    private final int recordBytesMax;
    private final long resolveTimeoutMs;

    /**
     * For processes of a run: a broker's name that cannot be resolved is waited for like a broker that is away, at the
     * start and later, by every client.
     *
     * @param recordBytesMax the largest record of the run's topics, bytes
     * @throws SettingException as the constructor
     */
    public static KafkaClients patient(KafkaSettings settings, int recordBytesMax) {
        return new KafkaClients(settings, recordBytesMax, RESOLVE_TIMEOUT_MS);
    }

    /**
     * For tools: a name that cannot be resolved is refused at once.
     *
     * @param recordBytesMax the largest record of the run's topics, bytes
     * @throws SettingException when a passed-through property is one that a promise rests on
     */
    public KafkaClients(KafkaSettings settings, int recordBytesMax) {
        this(settings, recordBytesMax, 0);
    }

    private KafkaClients(KafkaSettings settings, int recordBytesMax, long resolveTimeoutMs) {
        Map<String, String> properties = settings.properties();
        Set<String> refused = new TreeSet<>(properties.keySet());
        refused.retainAll(FIXED.keySet());
        for (String key : refused) {
            throw new SettingException("--kafka and --kafka-file must not set " + key + ": " + FIXED.get(key));
        }
        this.bootstrap = settings.bootstrap();
        this.passedThrough = Map.copyOf(properties);
        this.recordBytesMax = recordBytesMax;
        this.resolveTimeoutMs = resolveTimeoutMs;
    }

    private Map<String, Object> base(String clientId) {
        Map<String, Object> properties = new HashMap<>(passedThrough);
        properties.put("bootstrap.servers", bootstrap);
        properties.put("client.id", clientId);
        properties.putIfAbsent(CommonClientConfigs.BOOTSTRAP_RESOLVE_TIMEOUT_MS_CONFIG, resolveTimeoutMs);
        // Kafka 4.4: a client whose bootstrap name has not been resolved for so long, by the wall clock, begins anew
        // from
        // addresses that it does not have; its thread ends by that, or its poll throws. Clients still begin anew when
        // no
        // broker that they know can be reached.
        properties.put(CommonClientConfigs.METADATA_RECOVERY_REBOOTSTRAP_TRIGGER_MS_CONFIG, RESOLVE_TIMEOUT_MS);
        return properties;
    }

    public Admin admin(String clientId) {
        Map<String, Object> properties = base(clientId);
        properties.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 30_000);
        return made("an admin client", () -> Admin.create(properties));
    }

    /** An idempotent producer that waits for all replicas; thread-safe. */
    public Producer<byte[], byte[]> producer(String clientId) {
        return producer(clientId, Map.of());
    }

    /** The same with properties of the caller's own, which win over passed-through ones but not over promises. */
    public Producer<byte[], byte[]> producer(String clientId, Map<String, Object> more) {
        Map<String, Object> properties = producerProperties(clientId);
        properties.putAll(more);
        return made("a producer", () -> new KafkaProducer<>(properties));
    }

    /** The same with a transactional id; one owner. */
    public Producer<byte[], byte[]> transactionalProducer(String clientId, String transactionalId) {
        return transactionalProducer(clientId, transactionalId, Map.of());
    }

    /** The same with properties of the caller's own. */
    public Producer<byte[], byte[]> transactionalProducer(
            String clientId, String transactionalId, Map<String, Object> more) {
        Map<String, Object> properties = producerProperties(clientId);
        properties.putAll(more);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        return made("a producer", () -> new KafkaProducer<>(properties));
    }

    private Map<String, Object> producerProperties(String clientId) {
        Map<String, Object> properties = base(clientId);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, recordBytesMax + RECORD_OVERHEAD_BYTES);
        properties.putIfAbsent(ProducerConfig.BUFFER_MEMORY_CONFIG, Math.max(64L << 20, 4L * recordBytesMax));
        properties.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
        return properties;
    }

    /**
     * A consumer without a group, of committed records only; one owner. It is sought where it shall begin, and never
     * moves by itself: a position that its log does not have is an error, which {@link TopicTail} explains.
     */
    public Consumer<byte[], byte[]> follower(String clientId) {
        Map<String, Object> properties = base(clientId);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1_000);
        properties.putIfAbsent(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
        properties.putIfAbsent(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES_MAX);
        properties.putIfAbsent(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, PARTITION_FETCH_BYTES_MAX);
        deserializers(properties);
        return made("a consumer", () -> new KafkaConsumer<>(properties));
    }

    /**
     * A member of a share group that acknowledges each record by name; one owner.
     *
     * @param recordsPerPollMax exactly how many records one poll may acquire
     */
    public ShareConsumer<byte[], byte[]> shareConsumer(String clientId, String group, int recordsPerPollMax) {
        Map<String, Object> properties = base(clientId);
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        properties.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
        // Without it a poll acquires whole producer batches, far beyond the slots.
        properties.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, recordsPerPollMax);
        deserializers(properties);
        return made("a share consumer", () -> new KafkaShareConsumer<>(properties));
    }

    private static void deserializers(Map<String, Object> properties) {
        properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    }

    /** Room for key, headers and framing above the value's limit. */
    public static final int RECORD_OVERHEAD_BYTES = 64 << 10;

    /** A group's key: its index in decimal, readable in any tool. */
    public static byte[] key(GroupIndex index) {
        return index.toString().getBytes(StandardCharsets.US_ASCII);
    }

    public static byte[] key(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    private interface Maker<T> {
        T make();
    }

    private static <T> T made(String what, Maker<T> maker) {
        try {
            return maker.make();
        } catch (KafkaException e) {
            Throwable root = e;
            boolean setting = root instanceof ConfigException;
            while (root.getCause() != null) {
                root = root.getCause();
                setting |= root instanceof ConfigException;
            }
            String message = "--bootstrap or --kafka: cannot make " + what + ": " + root.getMessage();
            // The cause only where the same call may do better later: a key store under exchange, too many open files.
            throw setting ? new SettingException(message) : new SettingException(message, e);
        }
    }
}
