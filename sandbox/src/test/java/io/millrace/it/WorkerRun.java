package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.testing.Await;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.wire.PartJoiner;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.worker.WorkerSettings;
import io.millrace.worker.WorkerWiring;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A run of its own with stand-in engines and workers in this JVM, a hand that writes tasks as the producer does, and an
 * eye on what workers write. Used by one thread.
 */
final class WorkerRun {
    static final Duration LIMIT = Duration.ofSeconds(60);

    final RunId run = KafkaCluster.uniqueRun();
    final RunTopics topics = new RunTopics(run);
    /** Every record on the results topic, by partition and offset. */
    final Map<Integer, Map<Long, ConsumerRecord<byte[], byte[]>>> results = new HashMap<>();
    /** In the order they were published. */
    final List<WorkersRecord.Status> statuses = new ArrayList<>();

    private final List<Receipt> receipts = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final String bootstrap;
    private final Map<String, String> topicFlags;
    private final Producer<byte[], byte[]> hand;
    private final TopicTail eye;
    private final List<EngineServer> engines = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();

    /** @param topicFlags beyond the run's name */
    WorkerRun(Map<String, String> topicFlags) throws Exception {
        this(KafkaCluster.bootstrap(), topicFlags);
    }

    /** On a broker of the test's own. */
    WorkerRun(String bootstrap, Map<String, String> topicFlags) throws Exception {
        this.bootstrap = bootstrap;
        this.topicFlags = new HashMap<>(topicFlags);
        this.topicFlags.put("run", run.value());
        this.topicFlags.put("bootstrap", bootstrap);
        WorkerSettings settings = settings(Map.of());
        KafkaClients clients = new KafkaClients(
                new KafkaSettings(bootstrap, Map.of()),
                settings.topics().recordSizeMax().intBytes());
        try (Admin admin = clients.admin("test-topics")) {
            new TopicAdmin(admin, LIMIT).ensure(settings.topics());
        }
        hand = clients.transactionalProducer("test-hand", topics.producerTransactionalId());
        hand.initTransactions();
        eye = new TopicTail(clients.follower("test-eye"));
        eye.follow(
                List.of(topics.receipts(GroupKind.TRAINING), topics.workers(), topics.results(GroupKind.TRAINING)),
                LIMIT);
    }

    /** A worker process but for the process. */
    final class Worker {
        private final StopSequence stops = new StopSequence(Ticker.system());
        private final AtomicReference<@Nullable Throwable> fatal = new AtomicReference<>();
        private final int port;
        private boolean stopped;

        private Worker(WorkerSettings settings) throws InterruptedException {
            Health health = new Health(WallClock.system());
            port = WorkerWiring.start(
                    settings,
                    health,
                    (who, cause) -> {
                        fatal.compareAndSet(null, cause);
                        health.failed(who, cause.toString());
                    },
                    stops);
        }

        JsonNode status() throws Exception {
            return Json.MAPPER.readTree(get("http://127.0.0.1:" + port + "/status"));
        }

        /** What it waits for, among others. */
        String health() throws Exception {
            return get("http://127.0.0.1:" + port + "/health/ready");
        }

        /** Sends an engine's URL; the answer must be 200. */
        void send(String method, String path, String url) throws Exception {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .timeout(LIMIT)
                    .header("Content-Type", "application/json")
                    .method(
                            method,
                            HttpRequest.BodyPublishers.ofString(
                                    Json.object().put("url", url).toString()))
                    .build();
            HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new AssertionError(answer.statusCode() + " " + answer.body());
            }
        }

        /** The value of a counter; 0 when it has not been counted yet. */
        double metric(String nameAndTags) throws Exception {
            return get("http://127.0.0.1:" + port + "/metrics")
                    .lines()
                    .filter(line -> line.startsWith(nameAndTags + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(nameAndTags.length() + 1)))
                    .findFirst()
                    .orElse(0);
        }

        /** As SIGTERM does; fails when a stage fails. */
        void stop() throws Exception {
            stop(LIMIT);
        }

        /** Same, with a limit of its own over all stages: one that needs more fails. */
        void stop(Duration limit) throws Exception {
            if (!stopped) {
                stopped = true;
                stops.stop(limit);
                assertNull(fatal.get(), "the worker failed");
            }
        }
    }

    /** A worker on these engines. */
    Worker worker(Map<String, String> flags, String... engineUrls) throws Exception {
        Map<String, String> all = new HashMap<>(flags);
        all.put("engine-url", String.join(",", engineUrls));
        Worker worker = new Worker(settings(all));
        workers.add(worker);
        return worker;
    }

    private WorkerSettings settings(Map<String, String> flags) {
        Map<String, String> all = new HashMap<>(topicFlags);
        all.putAll(flags);
        return SettingsBinder.of(WorkerSettings.class, all);
    }

    /** An engine that answers each request after 20 ms with some 20 tokens, unless set otherwise. */
    EngineServer engine(Map<String, String> flags) {
        Map<String, String> all = new HashMap<>(Map.of(
                "engine-port", "0",
                "latency", "lognormal",
                "latency-median", "20ms",
                "latency-sigma", "0",
                "filler-median", "20"));
        all.putAll(flags);
        EngineServer engine = EngineServer.start(SettingsBinder.of(EngineSettings.class, all));
        engines.add(engine);
        return engine;
    }

    static TrainingTask task(long index, int samples, String prompt, @Nullable String label, int maxNewTokens) {
        return new TrainingTask(
                new GroupIndex(index),
                new Attempt(1),
                samples,
                new Lineage(0),
                new WeightVersion(0),
                System.currentTimeMillis(),
                new Prompt.Text(prompt),
                label,
                Json.object().put("rm_type", label == null ? "random" : "dapo"),
                SamplingParams.defaults(maxNewTokens),
                new TrainingTask.Source("test", 1, 0, index + 1),
                null,
                null,
                null);
    }

    static TrainingTask task(long index, int samples) {
        return task(index, samples, "Question number " + index + "?", null, 256);
    }

    /** The same task with so much time. */
    static TrainingTask within(TrainingTask task, Duration timeLimit) {
        return new TrainingTask(
                task.groupIndex(),
                task.attempt(),
                task.samples(),
                task.lineage(),
                task.issueVersion(),
                task.issuedAtMs(),
                task.prompt(),
                task.label(),
                task.metadata(),
                task.samplingParams(),
                task.source(),
                timeLimit.toMillis(),
                null,
                null);
    }

    /** The same task, issued at another version. */
    static TrainingTask issuedAt(TrainingTask task, long version) {
        return task.again(
                task.attempt(), task.lineage(), new WeightVersion(version), task.issuedAtMs(), task.history());
    }

    /** Groups 0 to count - 1, in one transaction. */
    void publish(int count, int samples) {
        List<byte @Nullable []> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(ControlCodec.encode(task(i, samples)));
        }
        publishValues(values);
    }

    void publish(TrainingTask... tasks) {
        List<byte @Nullable []> values = new ArrayList<>();
        for (TrainingTask task : tasks) {
            values.add(ControlCodec.encode(task));
        }
        publishValues(values);
    }

    /** Values as they are, in one transaction. */
    void publishValues(List<byte @Nullable []> values) {
        publishValues(topics.lane(Lane.TRAINING), values);
    }

    /** Tasks on the urgent lane, as they are. */
    void publishUrgent(List<TrainingTask> tasks) {
        List<byte @Nullable []> values = new ArrayList<>();
        tasks.forEach(task -> values.add(ControlCodec.encode(task)));
        publishValues(topics.lane(Lane.URGENT), values);
    }

    /** The next attempt of these tasks on the urgent lane, as the ledger issues it. */
    void publishAgain(List<TrainingTask> tasks) {
        List<byte @Nullable []> values = new ArrayList<>();
        for (TrainingTask task : tasks) {
            values.add(ControlCodec.encode(task.again(
                    task.attempt().next(),
                    task.lineage(),
                    task.issueVersion(),
                    System.currentTimeMillis(),
                    task.history())));
        }
        publishValues(topics.lane(Lane.URGENT), values);
    }

    private void publishValues(String topic, List<byte @Nullable []> values) {
        hand.beginTransaction();
        for (byte @Nullable [] value : values) {
            // The commit below waits for it and fails with it.
            var _ = hand.send(new ProducerRecord<>(topic, 0, null, value));
        }
        hand.commitTransaction();
    }

    /** What the trainer consumer says of the weights. */
    void say(Policy.State state, long version) {
        Policy policy = new Policy(new Lineage(0), new WeightVersion(version), 0, state, System.currentTimeMillis());
        hand.beginTransaction();
        // The commit below waits for it and fails with it.
        var _ = hand.send(new ProducerRecord<>(
                topics.policy(), 0, Policy.KEY.getBytes(StandardCharsets.UTF_8), ControlCodec.encode(policy)));
        hand.commitTransaction();
    }

    /** Every dead letter so far. */
    List<DeadLetter> deadLetters() throws Exception {
        List<DeadLetter> letters = new ArrayList<>();
        try (TopicTail tail = new TopicTail(
                new KafkaClients(new KafkaSettings(bootstrap, Map.of()), 16 << 20).follower("test-dead-letters"))) {
            tail.follow(List.of(topics.deadLetters()), LIMIT);
            tail.readToEnd(record -> letters.add(ControlCodec.decode(record.value(), DeadLetter.class)), LIMIT);
        }
        return letters;
    }

    /** Every receipt so far. */
    List<Receipt> receipts() throws Exception {
        eye.readToEnd(
                record -> {
                    if (record.topic().equals(topics.receipts(GroupKind.TRAINING))) {
                        receipts.add(ControlCodec.decode(record.value(), Receipt.class));
                    } else if (record.topic().equals(topics.results(GroupKind.TRAINING))) {
                        results.computeIfAbsent(record.partition(), partition -> new TreeMap<>())
                                .put(record.offset(), record);
                    } else if (ControlCodec.decode(record.value(), WorkersRecord.class)
                            instanceof WorkersRecord.Status status) {
                        statuses.add(status);
                    }
                },
                LIMIT);
        return List.copyOf(receipts);
    }

    /** Waits for so many receipts. */
    List<Receipt> awaitReceipts(int count) throws Exception {
        Await.until(count + " receipts", () -> receipts().size() >= count, LIMIT);
        return receipts();
    }

    /** The groups of all receipts so far, every one of which must be of a success. */
    List<RolloutGroup> groups() throws Exception {
        List<RolloutGroup> groups = new ArrayList<>();
        for (Receipt receipt : receipts()) {
            Receipt.Success success = assertInstanceOf(Receipt.Success.class, receipt.outcome());
            ConsumerRecord<byte[], byte[]> record =
                    results.get(success.partition()).get(success.offsets().getFirst());
            groups.add(RolloutGroupCodec.decode(record.value()));
        }
        return groups;
    }

    /** A result's bytes, its parts joined. */
    byte[] blob(Receipt.Success success) throws Exception {
        PartJoiner joiner = new PartJoiner(1, 64 << 20);
        for (long offset : success.offsets()) {
            ConsumerRecord<byte[], byte[]> record =
                    results.get(success.partition()).get(offset);
            if (ResultHeaders.readType(record.headers()) == ResultHeaders.Type.GROUP) {
                return record.value();
            }
            GroupIndex key = new GroupIndex(Long.parseLong(new String(record.key(), StandardCharsets.US_ASCII)));
            if (joiner.add(ResultHeaders.readPart(record.headers(), key, record.value()), offset)
                            .outcome()
                    instanceof PartJoiner.Joined joined) {
                return joined.blob();
            }
        }
        throw new AssertionError("the parts at " + success.offsets() + " make no group");
    }

    /** Deletes what stands on a topic's one partition below an offset. */
    void deleteBelow(String topic, long offset) throws Exception {
        try (Admin admin = new KafkaClients(new KafkaSettings(bootstrap, Map.of()), 16 << 20).admin("test-delete")) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(offset)))
                    .all()
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** The engine's ledger, a row for each request of a worker. */
    List<JsonNode> ledger(EngineServer engine) throws Exception {
        return get(engine.url() + "/admin/ledger")
                .lines()
                .map(Json.MAPPER::readTree)
                .filter(row -> !Aside.isRow(row))
                .toList();
    }

    /** A request as the engine's ledger has it. */
    record Request(String rid, long group, double arrivalMs, String outcome, long outputTokens) {}

    List<Request> requests(EngineServer engine) throws Exception {
        List<Request> requests = new ArrayList<>();
        for (JsonNode json : ledger(engine)) {
            // run.g7.a1.s0.t1
            String rid = json.path("rid").stringValue();
            String group = rid.substring(run.value().length() + 2).split("\\.", -1)[0];
            requests.add(new Request(
                    rid,
                    Long.parseLong(group),
                    json.path("arrival_ms").doubleValue(),
                    json.path("outcome").stringValue(),
                    json.path("completion_tokens").longValue()));
        }
        return requests;
    }

    JsonNode summary(EngineServer engine, String query) throws Exception {
        return Json.MAPPER.readTree(get(engine.url() + "/admin/ledger/summary" + query));
    }

    private String get(String url) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(url)).timeout(LIMIT).build(), BodyHandlers.ofString())
                .body();
    }

    JsonNode post(EngineServer engine, String path, JsonNode body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(engine.url() + path))
                .timeout(LIMIT)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        return Json.MAPPER.readTree(http.send(request, BodyHandlers.ofString()).body());
    }

    void close() throws Exception {
        for (Worker worker : workers) {
            worker.stop();
        }
        engines.forEach(EngineServer::close);
        eye.close();
        hand.close(Duration.ZERO);
        http.close();
    }
}
