package io.millrace.worker;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.batch.RunAgreement;
import io.millrace.common.http.OpsServer;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.WorkersRecord.State;
import io.millrace.common.record.WorkersRecord.Status;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.StartWait;
import io.millrace.worker.claim.Claimer;
import io.millrace.worker.claim.ClockWatch;
import io.millrace.worker.claim.LaneConsumer;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.EngineWatch;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.generate.Generator;
import io.millrace.worker.generate.InFlightTable;
import io.millrace.worker.partial.PartialReader;
import io.millrace.worker.publish.DeadLetters;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.publish.ResultRecords;
import io.millrace.worker.publish.StatusPublisher;
import io.millrace.worker.publish.StatusWatch;
import io.millrace.worker.reward.RewardScorer;
import io.millrace.worker.reward.Rewards;
import io.millrace.worker.weights.EngineVersions;
import io.millrace.worker.weights.PolicyFollower;
import io.millrace.worker.weights.WeightsGate;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Builds a worker, starts it, and says in which order it stops: claiming first, the operations server last. */
public final class WorkerWiring {
    private static final Logger log = LoggerFactory.getLogger(WorkerWiring.class);

    /** After the hand-back's own time: a receipt for each group whose engine has not answered. */
    private static final Duration RECEIPTS_LIMIT = Duration.ofSeconds(5);

    /** The Kafka client's own limit of one request. */
    private static final int REQUEST_LIMIT_MS = 30_000;

    /** A status older than this says nothing; the next one follows. */
    private static final Map<String, Object> STATUS_LIMITS =
            Map.of("delivery.timeout.ms", 10_000, "request.timeout.ms", 5_000, "max.block.ms", 5_000);

    private final WorkerSettings settings;
    private final Health health;
    private final Fatal fatal;
    private final StopSequence stops;
    private final WorkerIncarnation worker;
    private final RunTopics topics;
    private final InFlightTable table = new InFlightTable();
    private final WeightsGate gate;
    private final StatusWatch statusWatch;
    /** Moved on by the stop sequence, read by the status loop and requests. */
    private volatile State state = State.RUNNING;
    /** What is served as status; nothing until the generator stands. */
    private volatile Supplier<ObjectNode> shown = Json::object;

    private WorkerWiring(WorkerSettings settings, Health health, Fatal fatal, StopSequence stops) {
        this.settings = settings;
        this.health = health;
        this.fatal = fatal;
        this.stops = stops;
        this.worker = WorkerIncarnation.start(settings.workerId() == null ? hostAndProcess() : settings.workerId());
        this.topics = new RunTopics(settings.topics().run());
        this.gate = new WeightsGate(settings.weights().holdLimit(), Ticker.system());
        this.statusWatch = new StatusWatch(settings.publish().statusTimeout(), Ticker.system());
    }

    /**
     * Builds and starts, and waits for a broker for as long as it takes; returns when the worker claims.
     *
     * @param stops gets what is started
     * @return the port where metrics, health and status are served
     * @throws SettingException when a setting proves impossible: topics that do not fit, port taken
     */
    public static int start(WorkerSettings settings, Health health, Fatal fatal, StopSequence stops)
            throws InterruptedException {
        return new WorkerWiring(settings, health, fatal, stops).start();
    }

    private int start() throws InterruptedException {
        KafkaClients clients = KafkaClients.patient(
                settings.kafka(), settings.topics().recordSizeMax().intBytes());
        Metrics metrics = new Metrics(settings.topics().run().value());
        stops.pushCloseable("metrics", metrics);
        MeterRegistry registry = metrics.registry();
        RewardScorer scorer = scorer(registry);
        stops.pushCloseable("reward scorer", scorer);
        OpsServer ops = OpsServer.start(settings.ops(), health, metrics, () -> shown.get(), more -> {});
        stops.pushCloseable("operations server", ops);
        awaitTopics(clients);

        Producer<byte[], byte[]> producer = clients.producer(worker.workerId() + "-results", delivery());
        metrics.bind(producer, "results");
        ResultPublisher publisher = new ResultPublisher(
                producer,
                topics,
                records(topics.results(), settings.topics().resultPartitions()),
                records(topics.results(GroupKind.EVALUATION), settings.topics().resultPartitions()),
                records(topics.partials(), 1),
                worker,
                registry,
                Ticker.system(),
                settings.publish().publishTimeout(),
                fatal);
        stops.push("result publisher", publisher::close);

        ExecutorService httpThreads = Executors.newVirtualThreadPerTaskExecutor();
        EngineHttp http = new EngineHttp(
                httpThreads,
                settings.engineLimits().connectTimeout(),
                settings.engineLimits().answerSizeMax().bytes());
        stops.pushCloseable("engine client", http);
        EnginePool engines = new EnginePool(
                settings.engines().engineUrls(),
                settings.engines().engine().client(http),
                new EngineVersions(gate, registry),
                Ticker.system(),
                settings.engineLimits().engineRest(),
                settings.engineLimits().engineVersionWait());
        FunctionCounter.builder("millrace.worker.requests.behind", engines, EnginePool::requestsBehind)
                .description("sent to an engine known to serve weights older than the task was issued at")
                .register(registry);
        OwnerLoop watch = new OwnerLoop(
                        "worker-engines",
                        new EngineWatch(engines, health, settings.engineLimits().engineVersionInterval()),
                        fatal)
                .start();
        stops.push("engine watch", watch::stop);
        PartialReader partials = new PartialReader(
                () -> clients.follower(worker.workerId() + "-partials"),
                topics.partials(),
                settings.brokerTimeout(),
                settings.publish().groupSizeMax().bytes());
        stops.pushCloseable("partial reader", partials);
        Generator generator =
                Generator.create(settings, worker, engines, gate, scorer, publisher, partials, table, registry, fatal);
        stops.pushCloseable("generator", generator);

        shown = () -> json(generator, engines);

        Producer<byte[], byte[]> statusProducer = clients.producer(worker.workerId() + "-status", STATUS_LIMITS);
        StatusPublisher statuses = new StatusPublisher(
                statusProducer,
                topics,
                settings.publish().statusInterval(),
                health,
                statusWatch,
                registry,
                sequence -> status(generator, publisher, engines, sequence));
        OwnerLoop status = new OwnerLoop("worker-status", statuses, fatal).start();
        stops.push("status", limit -> {
            state = State.STOPPED;
            status.stop(limit);
        });
        // Until the drain is over: what is held for new weights must hear of them.
        followPolicy(clients, metrics);
        stops.push("drain", limit -> drain(generator, limit));
        stops.push("draining status", limit -> {
            state = State.DRAINING;
            statuses.wakeup();
        });
        startClaiming(
                clients, metrics, generator, publisher, new DeadLetters(producer, topics, settings.brokerTimeout()));
        return ops.port();
    }

    private void awaitTopics(KafkaClients clients) throws InterruptedException {
        try (Admin admin = clients.admin(worker.workerId() + "-admin")) {
            new StartWait(admin, settings.kafka().bootstrap(), health, StatusPublisher.PART, Ticker.system())
                    .ensure(settings.topics(), settings.brokerTimeout());
        }
    }

    private ResultRecords records(String topic, int partitions) {
        return new ResultRecords(
                topic,
                partitions,
                settings.topics().recordSizeMax().intBytes(),
                settings.publish().groupSizeMax().intBytes());
    }

    /** A send waits as long for room and topic metadata as a record waits for the broker. */
    private Map<String, Object> delivery() {
        int limitMs = Math.toIntExact(settings.publish().publishTimeout().toMillis());
        Map<String, Object> delivery = new HashMap<>();
        delivery.put("delivery.timeout.ms", limitMs);
        delivery.put("max.block.ms", limitMs);
        if (limitMs < REQUEST_LIMIT_MS) {
            // The client refuses to wait longer for one answer than for delivery.
            delivery.put("request.timeout.ms", limitMs);
        }
        return delivery;
    }

    private void followPolicy(KafkaClients clients, Metrics metrics) throws InterruptedException {
        Consumer<byte[], byte[]> consumer = clients.follower(worker.workerId() + "-policy");
        metrics.bind(consumer, "policy");
        PolicyFollower follower = PolicyFollower.begin(
                new TopicTail(consumer),
                topics,
                run -> RunAgreement.refusesWorker(
                        run,
                        settings.topics().resultPartitions(),
                        settings.publish().statusInterval(),
                        settings.publish().statusTimeout()),
                gate,
                health,
                settings.brokerTimeout());
        OwnerLoop following = new OwnerLoop("worker-policy", follower, fatal).start();
        stops.push("policy", following::stop);
    }

    private void startClaiming(
            KafkaClients clients,
            Metrics metrics,
            Generator generator,
            ResultPublisher publisher,
            DeadLetters deadLetters) {
        Claimer.Refusals refusals = new Claimer.Refusals(publisher, deadLetters);
        SequencedMap<Lane, LaneConsumer> training = new LinkedHashMap<>();
        training.put(Lane.URGENT, lane(clients, metrics, Lane.URGENT));
        training.put(Lane.TRAINING, lane(clients, metrics, Lane.TRAINING));
        List<Runnable> claimers = new ArrayList<>();
        claimers.add(startClaiming("claim", training, refusals, generator, metrics)::clockStepped);
        if (settings.slots().evaluationSlots() > 0) {
            SequencedMap<Lane, LaneConsumer> evaluation = new LinkedHashMap<>();
            evaluation.put(Lane.EVALUATION, lane(clients, metrics, Lane.EVALUATION));
            claimers.add(startClaiming("claim-evaluation", evaluation, refusals, generator, metrics)::clockStepped);
        }
        OwnerLoop clock = new OwnerLoop(
                        "worker-clock", new ClockWatch(WallClock.system(), Ticker.system(), claimers), fatal)
                .start();
        stops.push("clock", clock::stop);
    }

    private Claimer startClaiming(
            String part,
            SequencedMap<Lane, LaneConsumer> lanes,
            Claimer.Refusals refusals,
            Generator generator,
            Metrics metrics) {
        Claimer claimer = new Claimer(
                part,
                lanes,
                refusals,
                generator,
                new Claimer.Gates(gate, statusWatch),
                table,
                WallClock.system(),
                Ticker.system(),
                health,
                metrics.registry());
        OwnerLoop claiming = new OwnerLoop("worker-" + part, claimer, fatal).start();
        stops.push(part, claiming::stop);
        return claimer;
    }

    private LaneConsumer lane(KafkaClients clients, Metrics metrics, Lane lane) {
        return new LaneConsumer(() -> {
            ShareConsumer<byte[], byte[]> consumer = clients.shareConsumer(
                    worker.workerId() + "-" + lane.word(),
                    topics.shareGroup(lane),
                    settings.slots().prefetch());
            consumer.subscribe(List.of(topics.lane(lane)));
            return new LaneConsumer.Made(consumer, metrics.bind(consumer, lane.word())::close);
        });
    }

    private RewardScorer scorer(MeterRegistry registry) {
        return new RewardScorer(
                new Rewards(settings.reward().rewardSeed()), settings.reward().limits(), registry);
    }

    /**
     * Lets claimed groups finish, as long as the settings say, and gives back what is not finished by then. After a
     * failure nothing can finish, so it does not wait.
     */
    private void drain(Generator generator, Duration limit) throws InterruptedException {
        generator.dispatcher().stopClaiming();
        Duration patience = limit.compareTo(settings.stop().patience()) < 0
                ? limit
                : settings.stop().patience();
        if (!health.live() || generator.dispatcher().awaitIdle(patience)) {
            return;
        }
        boolean givenBack = generator.handBack(
                "the worker stops",
                settings.stop().keepPartials(),
                settings.stop().handBackTimeout());
        if (!givenBack && !generator.dispatcher().awaitIdle(RECEIPTS_LIMIT)) {
            // Said at once: without a broker the stages that follow may not end in time to say it.
            log.error("left to the ledger, neither finished nor given back: {}", table.held());
            throw new IllegalStateException("these groups were neither finished within " + patience.toMillis()
                    + " ms (--drain-timeout) nor given back within "
                    + settings.stop().handBackTimeout().plus(RECEIPTS_LIMIT).toSeconds() + " s more: "
                    + table.held());
        }
    }

    /** Also tells the health report whether what is finished gets away. */
    private Status status(Generator generator, ResultPublisher publisher, EnginePool engines, long sequence) {
        publisher.report(health);
        return new Status(
                worker,
                sequence,
                state,
                System.currentTimeMillis(),
                generator.dispatcher().slots(),
                generator.dispatcher().slotsInUse(),
                table.held(),
                engines.statuses(),
                publisher.groupsFinished(),
                publisher.groupsFailed(),
                generator.samplesFinished(),
                generator.responseTokens());
    }

    private ObjectNode json(Generator generator, EnginePool engines) {
        ObjectNode json = Json.object();
        json.put("run", settings.topics().run().value());
        json.put("worker_id", worker.workerId());
        json.put("incarnation", worker.incarnation());
        json.put("state", state.name().toLowerCase(java.util.Locale.ROOT));
        json.put("slots", generator.dispatcher().slots());
        json.put("slots_in_use", generator.dispatcher().slotsInUse());
        json.put("slots_in_use_evaluation", generator.dispatcher().evaluationSlotsInUse());
        json.put("hold_reason", generator.dispatcher().holdReason(Lane.TRAINING));
        json.put("held_for", gate.holdReason());
        json.set("groups", Json.MAPPER.valueToTree(table.held()));
        json.set("engines", Json.MAPPER.valueToTree(engines.statuses()));
        return json;
    }

    private static String hostAndProcess() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "worker";
        }
        return host + "-" + ProcessHandle.current().pid();
    }
}
