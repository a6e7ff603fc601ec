package io.millrace.ops.cluster;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.LaneOffsets;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaFuture;

/** Kafka clients for questions about one run that people wait on. One owner. */
public final class RunClients implements AutoCloseable {
    /** How long the broker may take to answer, each call. */
    public static final Duration LIMIT = Duration.ofSeconds(30);

    /** Fetch sizes of a reader; Kafka hands over a larger record all the same. */
    private static final int RECORD_BYTES = 16 << 20;

    /** A fetch left waiting at an empty partition holds back the fetches of the next one. */
    private static final String FETCH_WAIT_MS = "20";

    private static final String PROMPTS = ".prompts";

    private final RunTopics topics;
    private final String clientId;
    private final KafkaClients clients;
    private final Admin admin;
    private final PartitionReader reader;

    private RunClients(KafkaSettings settings, RunId run, String clientId) {
        Map<String, String> properties = new HashMap<>(settings.properties());
        properties.putIfAbsent("fetch.max.wait.ms", FETCH_WAIT_MS);
        this.topics = new RunTopics(run);
        this.clientId = clientId;
        this.clients = new KafkaClients(new KafkaSettings(settings.bootstrap(), properties), RECORD_BYTES);
        this.admin = clients.admin(clientId);
        this.reader = new PartitionReader(new TopicTail(clients.follower(clientId)), LIMIT);
    }

    /**
     * Connects, and sees that the run is there.
     *
     * @throws SettingException naming the run and those that are there, or when the broker does not answer
     */
    public static RunClients open(KafkaSettings settings, RunId run, String clientId) throws InterruptedException {
        RunClients opened = new RunClients(settings, run, clientId);
        try {
            Set<String> names = answer("list topics", opened.admin.listTopics().names());
            if (!names.contains(opened.topics.lane(Lane.TRAINING))) {
                throw new SettingException(unknown(run, names));
            }
            return opened;
        } catch (InterruptedException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** That there is no such run, with those that are there. */
    public static String unknown(RunId run, Set<String> topics) {
        List<String> runs = topics.stream()
                .filter(topic -> topic.endsWith(PROMPTS))
                .map(topic -> topic.substring(0, topic.length() - PROMPTS.length()))
                .sorted()
                .toList();
        return "--run: there is no run '" + run + "' on this cluster (no topic " + run + PROMPTS + "); "
                + (runs.isEmpty() ? "it has no run at all" : "it has " + String.join(", ", runs));
    }

    /** @throws SettingException when the broker does not answer or refuses */
    public static <T> T answer(String what, KafkaFuture<T> asked) throws InterruptedException {
        return TopicAdmin.answer(what, asked, LIMIT);
    }

    public RunTopics topics() {
        return topics;
    }

    /** Makes further clients with the same settings; owned by the caller. */
    public KafkaClients clients() {
        return clients;
    }

    public Admin admin() {
        return admin;
    }

    public PartitionReader reader() {
        return reader;
    }

    /** A consumer of its own for a reader beside {@link #reader}; owned by the caller. */
    public Consumer<byte[], byte[]> follower() {
        return clients.follower(clientId + "-2");
    }

    /** How far workers have claimed; empty before the first one, and until its first acknowledgement is stored. */
    public Optional<SharePartitionOffsetInfo> claimed(Lane lane) throws InterruptedException {
        return LaneOffsets.of(admin, topics, lane).claimed(LIMIT);
    }

    /** The same of every lane, asked at once. */
    public Map<Lane, Optional<SharePartitionOffsetInfo>> claimed() throws InterruptedException {
        Map<Lane, KafkaFuture<Optional<SharePartitionOffsetInfo>>> asked = new EnumMap<>(Lane.class);
        for (Lane lane : Lane.values()) {
            asked.put(lane, LaneOffsets.of(admin, topics, lane).claimed());
        }
        Map<Lane, Optional<SharePartitionOffsetInfo>> claimed = new EnumMap<>(Lane.class);
        for (Map.Entry<Lane, KafkaFuture<Optional<SharePartitionOffsetInfo>>> one : asked.entrySet()) {
            claimed.put(one.getKey(), LaneOffsets.awaited(one.getValue(), LIMIT));
        }
        return claimed;
    }

    @Override
    public void close() {
        try (admin) {
            reader.close();
        }
    }
}
