package io.millrace.trainer;

import io.millrace.common.http.OpsServer;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.record.GroupKind;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.batch.BatchReader;
import io.millrace.trainer.download.BatchDownloads;
import io.millrace.trainer.evaluate.EvaluationWiring;
import io.millrace.trainer.evaluate.Evaluations;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.filter.GroupFilter;
import io.millrace.trainer.loop.StartResume;
import io.millrace.trainer.loop.TrainerLoop;
import io.millrace.trainer.observe.follow.RunFollower;
import io.millrace.trainer.page.PageRoutes;
import io.millrace.trainer.page.PageWiring;
import io.millrace.trainer.queue.RolloutQueue;
import io.millrace.trainer.serve.TrainerRoutes;
import io.millrace.trainer.session.SessionOpener;
import io.millrace.trainer.session.TrainerMetrics;
import io.millrace.trainer.trace.GroupSpans;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the trainer consumer from its settings: as a process with its HTTP server, or inside a trainer's own JVM. */
public final class TrainerWiring {
    /**
     * To its port at once: twice as many as the batches that it may be told to send at once (a rank each), since requests
     * wait on others. All of them are counted in the open files that it needs at its start.
     */
    static final int CONNECTIONS_MAX = 512;

    private static final Duration ADMIN_CLOSE_LIMIT = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(TrainerWiring.class);

    private final TrainerSettings settings;
    private final FilterChain filters;
    private final RunTopics topics;
    private final KafkaClients clients;
    private final WallClock clock = WallClock.system();
    private final Ticker ticker = Ticker.system();

    private TrainerWiring(TrainerSettings settings, List<GroupFilter> more) {
        this.settings = settings;
        this.filters = settings.filters().chain(settings.batch(), more);
        this.topics = new RunTopics(settings.topics().run());
        this.clients = KafkaClients.patient(
                settings.kafka(), settings.topics().recordSizeMax().intBytes());
    }

    /**
     * The queue inside this JVM, without a server; it takes the run from any other trainer consumer. When it fails, its
     * calls throw; nothing ends the JVM. A broker that goes away later is waited for.
     *
     * @throws io.millrace.trainer.ask.RolloutQueueException when the run could not be taken within the broker timeout
     */
    public static RolloutQueue open(TrainerSettings settings) throws Exception {
        return open(settings, List.of());
    }

    /**
     * Same, with filters of the trainer's own.
     *
     * @param filters asked after those of the settings; called by the queue's one thread
     */
    public static RolloutQueue open(TrainerSettings settings, List<GroupFilter> filters) throws Exception {
        StopSequence stops = new StopSequence(Ticker.system());
        Health health = new Health(WallClock.system());
        Fatal fatal = (who, cause) -> {
            health.failed(who, String.valueOf(cause));
            log.error("the rollout queue has failed in {}", who, cause);
        };
        TrainerWiring wiring = new TrainerWiring(settings, filters);
        try {
            Metrics metrics = wiring.metrics(stops);
            RolloutQueue queue =
                    wiring.queue(stops, health, metrics, fatal, false, () -> stops.stop(settings.stopTimeout()));
            queue.awaitOpened(settings.brokerTimeout());
            return queue;
        } catch (Exception e) {
            stops.stop(settings.stopTimeout());
            throw e;
        }
    }

    /**
     * The whole process; what is started is pushed on the sequence.
     *
     * @return the port that is served
     */
    public static int start(TrainerSettings settings, ProcessRunner runner, StopSequence stops) throws Exception {
        TrainerWiring wiring = new TrainerWiring(settings, List.of());
        Metrics metrics = wiring.metrics(stops);
        RolloutQueue queue = wiring.queue(stops, runner.health(), metrics, runner, true, runner::requestStop);
        BatchDownloads downloads =
                new BatchDownloads(settings.downloads(), runner.health(), metrics.registry(), wiring.ticker);
        TrainerRoutes routes = new TrainerRoutes(
                queue, downloads, lease -> GroupSpans.ofStep(metrics.tracing(), wiring.topics.run(), lease));
        Optional<PageRoutes> page = wiring.page(runner.health(), stops);
        OpsServer server = OpsServer.start(
                settings.ops(),
                "--trainer-host and --trainer-port",
                CONNECTIONS_MAX,
                runner.health(),
                metrics,
                routes::status,
                routing -> {
                    page.ifPresent(one -> one.addTo(routing));
                    routes.addTo(routing);
                },
                OpsServer.READ_LIMIT);
        stops.pushCloseable("server", server);
        page.ifPresent(one -> stops.pushCloseable("readers of the page", one));
        return server.port();
    }

    private Optional<PageRoutes> page(Health health, StopSequence stops) {
        if (!settings.page().page()) {
            return Optional.empty();
        }
        Admin admin = clients.admin(id("page.admin"));
        stops.push("admin client of the page", _ -> admin.close(ADMIN_CLOSE_LIMIT));
        return Optional.of(PageWiring.start(
                topics,
                clients,
                id("page"),
                admin,
                settings.brokerTimeout(),
                settings.page().pageReadersMax(),
                () -> Optional.ofNullable(health.parts().get(TrainerLoop.NAME))
                        .filter(part -> part.state() == Health.State.WAITING)
                        .map(part -> new RunFollower.Told(part.detail(), clock.millis() - part.sinceMs())),
                stops));
    }

    private Metrics metrics(StopSequence stops) {
        Metrics metrics = new Metrics(settings.topics().run().value(), "trainer-consumer", settings.metrics());
        stops.pushCloseable("metrics", metrics);
        return metrics;
    }

    private RolloutQueue queue(
            StopSequence stops,
            Health health,
            Metrics metrics,
            Fatal fatal,
            boolean standsBy,
            RolloutQueue.Closer closer) {
        TrainerMetrics meters = new TrainerMetrics(metrics.registry());
        meters.discardReasons(filters.reasons());
        Admin admin = clients.admin(id("admin"));
        // Its calls under way are questions only; without a broker they would take all the time there is.
        stops.push("admin client", _ -> admin.close(ADMIN_CLOSE_LIMIT));
        Consumer<byte[], byte[]> readingBack = clients.follower(id("reader"));
        metrics.bind(readingBack, "reader");
        BatchReader reader = new BatchReader(
                topics.results(GroupKind.TRAINING),
                readingBack,
                ticker,
                settings.brokerTimeout(),
                settings.recovery().missingResultTimeout());
        stops.push("batch reader", reader::stop);
        TrainerLoop loop = new TrainerLoop(
                topics.run(),
                settings.batch().batchGroups(),
                settings.updateLimit(),
                new SessionOpener(plan(), filters, clients, admin, metrics, meters, health, clock, ticker),
                StartResume.of(settings.recovery()),
                standsBy,
                meters,
                health,
                clock,
                ticker);
        Evaluations evaluations = EvaluationWiring.start(
                evaluating(), clients, admin, metrics, health, stops, fatal, loop.opened(), loop::fenced);
        OwnerLoop owner = new OwnerLoop(TrainerLoop.NAME, loop.turns(), fatal).start();
        stops.push("trainer loop", owner::stop);
        return new RolloutQueue(
                topics.run(),
                loop,
                reader,
                evaluations,
                meters,
                ticker,
                // An answer may have to wait for a transaction that waits for the broker, and another before it.
                settings.brokerTimeout().multipliedBy(2),
                closer);
    }

    private SessionOpener.Plan plan() {
        return new SessionOpener.Plan(
                settings.topics(),
                settings.kafka(),
                settings.batch(),
                settings.gate(),
                settings.recovery(),
                settings.versions().rules(),
                settings.leaseAhead(),
                settings.payloadMemoryMax().bytes(),
                settings.partsMemoryMax().bytes(),
                settings.maxConsecutiveAbandoned(),
                settings.brokerTimeout());
    }

    private EvaluationWiring.Surroundings evaluating() {
        return new EvaluationWiring.Surroundings(
                topics,
                settings.evaluations(),
                settings.batch().batchGroups(),
                settings.topics().resultPartitions(),
                settings.partsMemoryMax().bytes(),
                settings.recovery().missingResultTimeout(),
                settings.recovery().trimInterval(),
                settings.brokerTimeout());
    }

    private String id(String role) {
        return topics.run() + ".trainer." + role;
    }
}
