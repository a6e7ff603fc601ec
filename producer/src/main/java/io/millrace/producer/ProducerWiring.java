package io.millrace.producer;

import io.millrace.common.batch.Capacity;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsServer;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.PromptPublisher;
import io.millrace.producer.source.DataSet;
import io.millrace.producer.source.DataSetException;
import io.millrace.producer.source.JsonlDataSet;
import io.millrace.producer.source.LoadReport;
import io.millrace.producer.source.PromptOrder;
import io.millrace.producer.source.TaskFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Builds and starts a producer process. */
public final class ProducerWiring {
    private static final Logger log = LoggerFactory.getLogger(ProducerWiring.class);
    private static final String PART = "producer";

    /** DESIGN: status, heartbeat and the share group's start offset each come every 2 s. */
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /** The broker's default ceiling, {@code transaction.max.timeout.ms}. */
    private static final Duration TRANSACTION_MAX = Duration.ofMinutes(15);

    private final OpsServer ops;
    private final AtomicReference<@Nullable ProducerStatus> status;

    private ProducerWiring(OpsServer ops, AtomicReference<@Nullable ProducerStatus> status) {
        this.ops = ops;
        this.status = status;
    }

    /**
     * Returns when the run is taken over; publishing follows.
     *
     * @param stops gets what is started
     * @throws SettingException when the data set cannot be used, or is not the one the run was begun with
     */
    public static ProducerWiring start(ProducerSettings settings, Health health, Fatal fatal, StopSequence stops)
            throws Exception {
        health.starting(PART);
        DataSet dataSet = load(settings);
        PromptOrder order = order(settings, dataSet);
        RunTopics topics = new RunTopics(settings.topics().run());
        int recordBytesMax = Math.toIntExact(settings.topics().recordSizeMax().bytes());
        KafkaClients clients = new KafkaClients(settings.kafka(), recordBytesMax);
        Duration limit = settings.brokerTimeout();

        Metrics metrics = new Metrics(topics.run().value());
        stops.pushCloseable("metrics", metrics);
        AtomicReference<@Nullable ProducerStatus> status = new AtomicReference<>();
        OpsServer ops = OpsServer.start(settings.ops(), health, metrics, () -> json(status), routing -> {});
        stops.pushCloseable("operations server", ops);
        Admin admin = clients.admin("millrace-producer-admin");
        stops.push("admin client", admin::close);
        new TopicAdmin(admin, limit).ensure(settings.topics());

        Capacity capacity = settings.batch().capacity();
        TaskFactory tasks = new TaskFactory(
                dataSet,
                order,
                settings.batch().samplesPerGroup(),
                settings.sampling().params(),
                settings.data().rewardType());
        ProducerLoop.Plan plan = new ProducerLoop.Plan(
                topics,
                dataSet,
                order,
                tasks,
                new Admission(capacity, order, settings.groupsMax()),
                settings.publishBatchMax(),
                limit);
        ProducerLoop loop = loop(
                plan,
                clients,
                publisherClients(settings, recordBytesMax),
                admin,
                metrics,
                health,
                status,
                recordBytesMax);
        try {
            loop.rebuild();
        } catch (Exception e) {
            loop.close();
            throw e;
        }
        OwnerLoop owner = new OwnerLoop("producer-loop", loop, fatal).start();
        stops.push("producer loop", owner::stop);
        health.running(PART);
        return new ProducerWiring(ops, status);
    }

    private static ProducerLoop loop(
            ProducerLoop.Plan plan,
            KafkaClients clients,
            Supplier<Producer<byte[], byte[]>> transactional,
            Admin admin,
            Metrics metrics,
            Health health,
            AtomicReference<@Nullable ProducerStatus> status,
            int recordBytesMax) {
        WallClock clock = WallClock.system();
        Ticker ticker = Ticker.system();
        RunTopics topics = plan.topics();
        ProducerMetrics meters = new ProducerMetrics(metrics.registry(), status::get);
        Ledger ledger = new Ledger();
        PromptLog promptLog = new PromptLog(
                () -> clients.follower("millrace-producer-prompts"), topics.prompts(), plan.brokerLimit());
        TopicTail tail = new TopicTail(clients.follower("millrace-producer-follower"));
        metrics.bind(tail.consumer(), "follower");
        Producer<byte[], byte[]> heartProducer = clients.producer("millrace-producer-heart");
        ProducerLoop.Edges edges = new ProducerLoop.Edges(
                tail,
                promptLog,
                new PromptPublisher(
                        transactional,
                        promptLog,
                        topics.prompts(),
                        topics.producerTransactionalId(),
                        recordBytesMax,
                        meters::commitUnanswered),
                new QueueWatch(admin, topics.shareGroup(topics.prompts()), topics.prompts(), ticker, PERIOD),
                new LedgerHeart(heartProducer, topics.workers(), clock, ticker, PERIOD));
        return new ProducerLoop(
                plan,
                edges,
                ledger,
                new LedgerFeed(topics, ledger, meters, clock),
                new AdmissionWait(health, meters, clock, ticker),
                meters,
                clock,
                status::set);
    }

    private static DataSet load(ProducerSettings settings) {
        DataSetSettings data = settings.data();
        try {
            DataSet dataSet = JsonlDataSet.load(
                    data.spec(),
                    data.shape(),
                    data.limits(settings.topics().recordSizeMax().bytes()));
            LoadReport report = dataSet.report();
            log.info(
                    "data set {}: {} rows, fingerprint {}, {} bad {}",
                    dataSet.spec(),
                    report.usable(),
                    dataSet.fingerprint(),
                    report.bad(),
                    report.badByReason());
            report.firstBad().forEach(bad -> log.warn("{}: {}", dataSet.spec().path(), bad));
            return dataSet;
        } catch (DataSetException e) {
            throw SettingException.impossible("--dataset", String.valueOf(e.getMessage()));
        }
    }

    private static PromptOrder order(ProducerSettings settings, DataSet dataSet) {
        DataSetSettings data = settings.data();
        int batchGroups = settings.batch().batchGroups();
        if (data.epochs() > 0 && dataSet.size() < batchGroups && data.epochs() * dataSet.size() < batchGroups) {
            throw SettingException.impossible(
                    "--dataset, --epochs, --batch-groups",
                    dataSet.size() + " rows in " + data.epochs() + " epochs never fill a step of " + batchGroups);
        }
        return new PromptOrder(data.seed(), dataSet.size(), data.shuffle(), data.epochs());
    }

    /**
     * The publisher waits for the broker as long as set. Its transactions outlive that wait: one that the broker timed
     * out would look as if a newer producer had fenced it.
     */
    private static Supplier<Producer<byte[], byte[]>> publisherClients(ProducerSettings settings, int recordBytesMax) {
        Duration limit = settings.brokerTimeout();
        Duration transaction =
                limit.plusMinutes(1).compareTo(TRANSACTION_MAX) > 0 ? TRANSACTION_MAX : limit.plusMinutes(1);
        Map<String, String> properties = new HashMap<>();
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(limit.toMillis()));
        properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Long.toString(transaction.toMillis()));
        properties.putAll(settings.kafka().kafka());
        KafkaClients clients =
                new KafkaClients(new KafkaSettings(settings.kafka().bootstrap(), properties), recordBytesMax);
        String transactionalId = new RunTopics(settings.topics().run()).producerTransactionalId();
        return () -> clients.transactionalProducer("millrace-producer-publisher", transactionalId);
    }

    private static ObjectNode json(AtomicReference<@Nullable ProducerStatus> status) {
        ProducerStatus newest = status.get();
        return newest == null ? Json.object() : newest.toJson();
    }

    /** Where metrics, health and status are served. */
    public int opsPort() {
        return ops.port();
    }

    /** As {@code /status} gives it; empty until the run is taken over. */
    public ObjectNode status() {
        return json(status);
    }
}
