package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.producer.ProducerSettings;
import io.millrace.producer.ProducerWiring;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.trainer.TrainerSettings;
import io.millrace.worker.WorkerSettings;
import io.millrace.worker.WorkerWiring;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A run with everything that belongs to it, in this JVM but for the broker. Used by one thread. */
final class WholeRun {
    static final Duration LIMIT = Duration.ofSeconds(60);

    /** Something started. */
    static final class Part {
        final StopSequence stops = new StopSequence(Ticker.system());
        final Health health = new Health(WallClock.system());
        private final AtomicReference<@Nullable Throwable> fatal = new AtomicReference<>();
        private boolean stopped;

        private void fatal(String who, Throwable cause) {
            fatal.compareAndSet(null, cause);
        }

        /** As SIGTERM does. */
        void stop() throws Exception {
            if (!stopped) {
                stopped = true;
                stops.stop(LIMIT);
                assertNull(fatal.get());
            }
        }
    }

    final RunId run;
    final RunTopics topics;
    private final String bootstrap;
    private final KafkaClients clients;
    private final Map<String, String> shared;
    private final List<Part> parts = new ArrayList<>();
    private final List<EngineServer> engines = new ArrayList<>();
    private final List<TrainerProcess> trainers = new ArrayList<>();

    /** @param shared flags of producer and trainer consumer alike */
    WholeRun(Map<String, String> shared) {
        this(KafkaCluster.bootstrap(), shared);
    }

    /** On a broker of one's own. */
    WholeRun(String bootstrap, Map<String, String> shared) {
        this(bootstrap, shared, KafkaCluster.uniqueRun());
    }

    /** A run that is there. */
    WholeRun(String bootstrap, Map<String, String> shared, RunId run) {
        this.run = run;
        this.topics = new RunTopics(run);
        this.bootstrap = bootstrap;
        this.clients = new KafkaClients(new KafkaSettings(bootstrap, Map.of()), 16 << 20);
        this.shared = shared;
    }

    private Map<String, String> flags(Map<String, String> own, Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of("run", run.value(), "bootstrap", bootstrap));
        flags.putAll(own);
        flags.putAll(more);
        return flags;
    }

    private Part part() {
        Part part = new Part();
        parts.add(part);
        return part;
    }

    /** An engine that answers each request after 20 ms with some 20 tokens, unless set otherwise. */
    EngineServer engine(Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of(
                "engine-port", "0",
                "latency", "lognormal",
                "latency-median", "20ms",
                "latency-sigma", "0",
                "filler-median", "20"));
        flags.putAll(more);
        EngineServer engine = EngineServer.start(SettingsBinder.of(EngineSettings.class, flags));
        engines.add(engine);
        return engine;
    }

    Part producer(Map<String, String> more) throws Exception {
        Part part = part();
        var _ = ProducerWiring.start(
                SettingsBinder.of(ProducerSettings.class, flags(shared, more)), part.health, part::fatal, part.stops);
        return part;
    }

    Part worker(EngineServer engine, Map<String, String> more) throws Exception {
        return worker(engine.url(), more);
    }

    Part worker(String engineUrl, Map<String, String> more) throws Exception {
        Part part = part();
        var _ = WorkerWiring.start(
                // Below the shortest worker timeout that a producer takes.
                SettingsBinder.of(
                        WorkerSettings.class, flags(Map.of("engine-url", engineUrl, "status-timeout", "4s"), more)),
                part.health,
                part::fatal,
                part.stops);
        return part;
    }

    /** Makes the run's topics where no producer has, since a trainer consumer alone waits for them. */
    TrainerProcess trainer(Map<String, String> more) throws Exception {
        Map<String, String> own = new HashMap<>(shared);
        own.put("trainer-port", "0");
        TrainerSettings settings = SettingsBinder.of(TrainerSettings.class, flags(own, more));
        try (Admin admin = clients.admin("test")) {
            new TopicAdmin(admin, LIMIT).ensure(settings.topics());
        }
        TrainerProcess trainer = new TrainerProcess(settings);
        trainers.add(trainer);
        return trainer;
    }

    /** Leases a step, and says that it was trained and led to the next version; returns its batch. */
    static JsonNode train(TrainerProcess trainer) throws Exception {
        TrainerProcess.Answer lease = trainer.leaseNext(30000);
        JsonNode leased = TrainerRun.assertOk(lease);
        long step = leased.path("step").asLong();
        JsonNode batch = TrainerRun.assertOk(trainer.batch());
        TrainerRun.assertOk(trainer.acknowledge(
                Json.object().put("weight_version", step + 1).toString()));
        return batch;
    }

    /** Every record that stands on a topic now, by partition and offset. */
    List<ConsumerRecord<byte[], byte[]>> records(String topic) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("test-eye")), LIMIT)) {
            for (TopicPartition partition : reader.partitions(topic)) {
                reader.read(partition, 0, records::add);
            }
        }
        return records;
    }

    /** The engine's ledger, a row for each request of a worker. */
    List<JsonNode> ledger(EngineServer engine) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(engine.url() + "/admin/ledger"))
                .timeout(LIMIT)
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .map(Json.MAPPER::readTree)
                    .filter(row -> !Aside.isRow(row))
                    .toList();
        }
    }

    void close() throws Exception {
        for (Part part : parts) {
            part.stop();
        }
        trainers.forEach(TrainerProcess::close);
        engines.forEach(EngineServer::close);
    }
}
