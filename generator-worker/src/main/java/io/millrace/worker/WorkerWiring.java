package io.millrace.worker;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.access.Refusals;
import io.millrace.common.access.Role;
import io.millrace.common.access.RunJoin;
import io.millrace.common.access.StartWait;
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
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.WorkersRecord.State;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.worker.attempt.GroupAssembly;
import io.millrace.worker.claim.Claimer;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.EngineWatch;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.generate.AttemptPublisher;
import io.millrace.worker.generate.AttemptRunner;
import io.millrace.worker.generate.AttemptSpans;
import io.millrace.worker.generate.Grader;
import io.millrace.worker.generate.Sampler;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.partial.PartialReader;
import io.millrace.worker.partial.Partials;
import io.millrace.worker.publish.DeadLetters;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.publish.ResultRecords;
import io.millrace.worker.publish.StatusPublisher;
import io.millrace.worker.publish.StatusWatch;
import io.millrace.worker.retry.RetryPolicy;
import io.millrace.worker.score.RewardScorer;
import io.millrace.worker.score.outside.Judge;
import io.millrace.worker.serve.EngineRoutes;
import io.millrace.worker.slots.Slots;
import io.millrace.worker.weights.EngineVersions;
import io.millrace.worker.weights.PolicyFollower;
import io.millrace.worker.weights.WeightsGate;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Builds a worker, starts it, and says in which order it stops: claiming first, the operations server last. */
public final class WorkerWiring {
    /**
     * How long a send of a status may wait for metadata: a client whose brokers are all gone forgets them, and then a stop
     * waits for the send that is under way.
     */
    private static final Duration STATUS_BLOCK = Duration.ofSeconds(1);

    /** A status older than this says nothing; the next one follows. */
    private static final Map<String, Object> STATUS_LIMITS = Map.of(
            "delivery.timeout.ms",
            10_000,
            "request.timeout.ms",
            5_000,
            "max.block.ms",
            Math.toIntExact(STATUS_BLOCK.toMillis()));

    private final WorkerSettings settings;
    private final Health health;
    private final Fatal fatal;
    private final StopSequence stops;
    private final WorkerIncarnation worker;
    private final RunTopics topics;
    private final Slots<HeldAttempt> slots;
    private final InFlightTable table = new InFlightTable();
    private final WeightsGate gate;
    private final StatusWatch statusWatch;
    /** What is served as status; nothing until the generator stands. */
    private volatile Supplier<ObjectNode> shown = Json::object;
    /** Null until it is built. */
    private volatile @Nullable EnginePool pool;

    private WorkerWiring(WorkerSettings settings, Health health, Fatal fatal, StopSequence stops) {
        this.settings = settings;
        this.health = health;
        this.fatal = fatal;
        this.stops = stops;
        this.worker = WorkerIncarnation.start(settings.workerId() == null ? hostAndProcess() : settings.workerId());
        this.topics = new RunTopics(settings.topics().run());
        this.slots = new Slots<>(settings.slots());
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
        Metrics metrics = new Metrics(settings.topics().run().value(), "worker", settings.metrics());
        stops.pushCloseable("metrics", metrics);
        MeterRegistry registry = metrics.registry();
        RewardScorer scorer = scorer(registry);
        stops.pushCloseable("reward scorer", scorer);
        OpsServer ops = OpsServer.start(
                settings.ops(), health, metrics, () -> shown.get(), new EngineRoutes(() -> pool)::addTo);
        stops.pushCloseable("operations server", ops);
        awaitTopics(clients);

        Producer<byte[], byte[]> producer = clients.producer(
                worker.workerId() + "-results",
                settings.publish().producerProperties(settings.kafka().properties()));
        metrics.bind(producer, "results");
        ResultPublisher publisher = new ResultPublisher(
                producer,
                topics,
                records(topics.results(GroupKind.TRAINING), settings.topics().resultPartitions()),
                records(topics.results(GroupKind.EVALUATION), settings.topics().resultPartitions()),
                records(topics.partials(), 1),
                worker,
                registry,
                Ticker.system(),
                settings.publish().publishTimeout(),
                fatal);
        stops.push("result publisher", limit -> publisher.close(statusWatch.patience(limit)));

        EngineHttp http = new EngineHttp(
                Ticker.system(),
                settings.engineLimits().connectTimeout(),
                settings.engineLimits().answerSizeMax().bytes());
        stops.pushCloseable("engine client", http);
        EnginePool engines = new EnginePool(
                settings.engines().engineUrls(),
                settings.engines().engine().client(http),
                new EngineVersions(gate, registry),
                Ticker.system(),
                new EnginePool.Rules(
                        settings.engineLimits().engineRest(),
                        settings.engineLimits().engineFailuresMax(),
                        settings.engineLimits().engineVersionWait()));
        pool = engines;
        WorkerMetric.ENGINES.gauge(registry, engines, all -> all.statuses().size());
        WorkerMetric.ENGINES_WELL.gauge(registry, engines, EnginePool::wellEngines);
        WorkerMetric.REQUESTS_BEHIND.counter(registry, engines, EnginePool::requestsBehind);
        OwnerLoop watch = new OwnerLoop(
                        "worker-engines",
                        new EngineWatch(
                                engines,
                                health,
                                registry,
                                settings.engineLimits().engineVersionInterval()),
                        fatal)
                .start();
        stops.push("engine watch", watch::stop);
        PartialReader partials = new PartialReader(
                () -> clients.follower(worker.workerId() + "-partials"),
                topics.partials(),
                settings.brokerTimeout(),
                settings.publish().groupSizeMax().bytes());
        stops.pushCloseable("partial reader", partials);
        AttemptRunner runner = runner(engines, scorer, publisher, partials, metrics);
        stops.pushCloseable("generator", runner);
        WorkerStatus status = new WorkerStatus(
                settings.topics().run(),
                worker,
                slots,
                table,
                gate,
                engines,
                runner,
                publisher,
                health,
                WallClock.system());
        shown = status::json;

        Producer<byte[], byte[]> statusProducer = clients.producer(worker.workerId() + "-status", STATUS_LIMITS);
        StatusPublisher statuses = new StatusPublisher(
                statusProducer,
                topics,
                settings.publish().statusInterval(),
                health,
                statusWatch,
                registry,
                status::record);
        OwnerLoop publishing = new OwnerLoop("worker-status", statuses, fatal).start();
        stops.push("status", limit -> {
            status.moveOn(State.STOPPED);
            publishing.stop(limit);
        });
        // Until the drain is over: what is held for new weights must hear of them.
        followPolicy(clients, metrics);
        stops.push("drain", new Drain(settings.stop(), slots, table, runner, statusWatch, health)::drain);
        stops.push("draining status", limit -> {
            status.moveOn(State.DRAINING);
            statuses.wakeup();
        });
        new ClaimWiring(
                        worker,
                        topics,
                        clients,
                        metrics,
                        health,
                        fatal,
                        new Claimer.Refusals(publisher, new DeadLetters(producer, topics, settings.brokerTimeout())),
                        new Claimer.Gates(gate, statusWatch),
                        slots,
                        table,
                        runner::accept)
                .start(settings.slots(), settings.engines().engine().tellsTokens(), stops);
        return ops.port();
    }

    private void awaitTopics(KafkaClients clients) throws InterruptedException {
        try (Admin admin = clients.admin(worker.workerId() + "-admin")) {
            new StartWait(admin, settings.kafka().bootstrap(), health, StatusPublisher.PART, Ticker.system())
                    .join(new RunJoin(
                            admin,
                            new Refusals(Role.WORKER, topics, settings.kafka()),
                            settings.topics(),
                            settings.brokerTimeout()));
        }
    }

    private ResultRecords records(String topic, int partitions) {
        return new ResultRecords(
                topic,
                partitions,
                settings.topics().recordSizeMax().intBytes(),
                settings.publish().groupSizeMax().intBytes());
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
                        settings.topics().recordSizeMax().bytes(),
                        settings.publish().statusInterval(),
                        settings.publish().statusTimeout()),
                gate,
                health,
                settings.brokerTimeout(),
                Ticker.system());
        OwnerLoop following = new OwnerLoop("worker-policy", follower, fatal).start();
        stops.push("policy", following::stop);
    }

    private AttemptRunner runner(
            EnginePool engines, RewardScorer scorer, ResultPublisher publisher, Partials partials, Metrics metrics) {
        MeterRegistry registry = metrics.registry();
        WorkerMetric.SLOTS.gauge(registry, slots, Slots::slots);
        WorkerMetric.SLOTS_IN_USE.gauge(registry, slots, Slots::slotsInUse);
        WorkerMetric.SLOTS_IN_USE_EVALUATION.gauge(registry, slots, Slots::evaluationSlotsInUse);
        WorkerMetric.GROUPS_HELD.gauge(registry, table, InFlightTable::size);
        Sampler sampler = new Sampler(
                engines,
                gate,
                settings.topics().run(),
                new Sampler.Rules(
                        settings.retry().requestTimeout(),
                        settings.weights().onWeightUpdate(),
                        settings.engineLimits().tokenize()
                                && settings.engines().engine().tellsTokens()),
                retryPolicy(),
                Ticker.system(),
                Thread::sleep,
                registry);
        AttemptPublisher attempts = new AttemptPublisher(
                publisher,
                new GroupAssembly(
                        settings.topics().run(), worker, settings.weights().maskOffPolicy()),
                new AttemptSpans(
                        metrics.tracing(),
                        topics,
                        worker,
                        settings.engines().engine().name().toLowerCase(Locale.ROOT),
                        WallClock.system()),
                WallClock.system(),
                Ticker.system(),
                registry);
        return new AttemptRunner(
                slots,
                table,
                sampler,
                new GeneratorWiring(settings, retryPolicy(), registry, stops).executions(sampler),
                new Grader(scorer, Ticker.system()),
                attempts,
                partials,
                Ticker.system(),
                registry,
                fatal);
    }

    private RetryPolicy retryPolicy() {
        return new RetryPolicy(
                settings.retry(), () -> ThreadLocalRandom.current().nextDouble());
    }

    private RewardScorer scorer(MeterRegistry registry) {
        List<Judge> judges = settings.reward().judges().judges();
        judges.forEach(judge -> stops.pushCloseable("reward " + judge.name(), judge));
        return new RewardScorer(
                settings.reward().rewards(judges), settings.reward().limits(), registry);
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
