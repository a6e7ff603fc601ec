package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.producer.ProducerSettings;
import io.millrace.producer.ProducerWiring;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.databind.node.ObjectNode;

/** A run of its own with producers in this JVM, a hand that writes what workers and trainers write, and an eye. */
final class ProducerRun {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    final RunId run = KafkaCluster.uniqueRun();
    final RunTopics topics = new RunTopics(run);
    private final String bootstrap;
    final KafkaClients clients;
    private final Producer<byte[], byte[]> hand;
    private final List<Started> started = new ArrayList<>();

    ProducerRun() {
        this(KafkaCluster.bootstrap());
    }

    /** On a broker of the test's own. */
    ProducerRun(String bootstrap) {
        this.bootstrap = bootstrap;
        clients = new KafkaClients(new KafkaSettings(bootstrap, Map.of()), 16 << 20);
        hand = clients.producer("test-hand");
    }

    /** A producer process but for the process. */
    static final class Started {
        final StopSequence stops = new StopSequence(Ticker.system());
        final Health health = new Health(WallClock.system());
        final AtomicReference<Throwable> fatal = new AtomicReference<>();
        private ProducerWiring wiring;
        private boolean stopped;

        ObjectNode status() {
            return wiring.status();
        }

        /** The body that its operations server answers with. */
        String get(String path) throws Exception {
            try (HttpClient http = HttpClient.newHttpClient()) {
                URI uri = URI.create("http://127.0.0.1:" + wiring.opsPort() + path);
                return http.send(HttpRequest.newBuilder(uri).timeout(LIMIT).build(), BodyHandlers.ofString())
                        .body();
            }
        }

        long count(String field) {
            return status().path(field).asLong(-1);
        }

        /** Waits until it has taken the run again so often. */
        void awaitRebuilds(int count) throws Exception {
            await(
                    count + " further sessions",
                    () -> get("/metrics")
                            .lines()
                            .anyMatch(
                                    line -> line.matches("millrace_producer_rebuilds_total\\{.*} " + count + "\\.0")));
        }

        void stop() throws Exception {
            if (!stopped) {
                stopped = true;
                stops.stop(LIMIT);
            }
        }
    }

    static Path dataSet(Path folder, String question, int rows) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            text.append("{\"prompt\": \"")
                    .append(question)
                    .append(i)
                    .append("?\", \"label\": \"")
                    .append(i)
                    .append("\"}\n");
        }
        return Files.writeString(Files.createTempFile(folder, "prompts", ".jsonl"), text);
    }

    ProducerSettings settings(Path dataSet, Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of(
                "run",
                run.value(),
                "bootstrap",
                bootstrap,
                "dataset",
                dataSet.toString(),
                "batch-groups",
                "4",
                "samples-per-group",
                "2",
                "reward-type",
                "random",
                "broker-timeout",
                "30s"));
        flags.putAll(more);
        return SettingsBinder.of(ProducerSettings.class, flags);
    }

    /** Starts a producer; returns when it has taken the run. */
    Started start(Path dataSet) throws Exception {
        return start(dataSet, Map.of());
    }

    Started start(Path dataSet, Map<String, String> more) throws Exception {
        Started one = new Started();
        started.add(one);
        one.wiring = ProducerWiring.start(
                settings(dataSet, more), one.health, (who, cause) -> one.fatal.compareAndSet(null, cause), one.stops);
        return one;
    }

    /** Writes a record as its owner would; returns when it is durable. */
    void write(String topic, String key, ControlRecord record) throws Exception {
        hand.send(new ProducerRecord<>(topic, 0, KafkaClients.key(key), ControlCodec.encode(record)))
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Writes what is no record of ours. */
    void writeBytes(String topic, String key, byte[] value) throws Exception {
        hand.send(new ProducerRecord<>(topic, 0, KafkaClients.key(key), value))
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Takes the producer's transactional id, as nobody does who goes on with the run. */
    void fence() {
        try (Producer<byte[], byte[]> nobody =
                clients.transactionalProducer("nobody", topics.producerTransactionalId())) {
            nobody.initTransactions();
        }
    }

    void policy(long version, long trained) throws Exception {
        write(
                topics.policy(),
                Policy.KEY,
                new Policy(new Lineage(0), new WeightVersion(version), trained, Policy.State.READY, 0));
    }

    /** Every task on the prompts topic as a read_committed consumer sees it, in its order. */
    List<TrainingTask> committed() throws Exception {
        List<TrainingTask> tasks = new ArrayList<>();
        try (TopicTail tail = new TopicTail(clients.follower("test-eye"))) {
            tail.follow(List.of(topics.lane(Lane.TRAINING)), LIMIT);
            tail.readToEnd(record -> tasks.add(ControlCodec.decode(record.value(), TrainingTask.class)), LIMIT);
        }
        return tasks;
    }

    private interface Reader<T> {
        T read(ConsumerRecord<byte[], byte[]> record) throws Exception;
    }

    private <T> List<T> all(String topic, Reader<T> reader) throws Exception {
        List<T> records = new ArrayList<>();
        try (TopicTail tail = new TopicTail(clients.follower("test-eye"))) {
            tail.follow(List.of(topic), LIMIT);
            tail.readToEnd(record -> records.add(reader.read(record)), LIMIT);
        }
        return records;
    }

    /** Every task on the urgent lane, in its order. */
    List<TrainingTask> urgent() throws Exception {
        return all(topics.lane(Lane.URGENT), record -> ControlCodec.decode(record.value(), TrainingTask.class));
    }

    List<DeadLetter> deadLetters() throws Exception {
        return all(topics.deadLetters(), record -> ControlCodec.decode(record.value(), DeadLetter.class));
    }

    /** Those that are dead letters at all. */
    List<DeadLetter> readableDeadLetters() throws Exception {
        List<DeadLetter> letters = new ArrayList<>();
        all(topics.deadLetters(), record -> {
            try {
                return record.value() != null && letters.add(ControlCodec.decode(record.value(), DeadLetter.class));
            } catch (BadRecordException e) {
                return false;
            }
        });
        return letters;
    }

    /** Every abandoned marker; nothing else stands on the results topic of these tests. */
    List<AbandonedMarker> markers() throws Exception {
        return all(topics.results(GroupKind.TRAINING), record -> {
            assertEquals(ResultHeaders.Type.ABANDONED, ResultHeaders.readType(record.headers()));
            return ControlCodec.decode(record.value(), AbandonedMarker.class);
        });
    }

    List<Long> committedIndices() throws Exception {
        return committed().stream()
                .map(TrainingTask::groupIndex)
                .map(GroupIndex::value)
                .toList();
    }

    /** A check that may fail with anything while it is waited for. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws Exception;
    }

    static void await(String what, Condition condition) throws Exception {
        long deadlineNanos = System.nanoTime() + LIMIT.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("not within " + LIMIT + ": " + what);
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    void close() throws Exception {
        for (Started one : started) {
            one.stop();
        }
        hand.close(Duration.ZERO);
    }
}
