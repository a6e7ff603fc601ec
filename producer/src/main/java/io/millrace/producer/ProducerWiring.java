package io.millrace.producer;

import io.millrace.common.access.StartWait;
import io.millrace.common.batch.Capacity;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsServer;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lag.LagOffsets;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.metrics.catalogue.ProducerMetric;
import io.millrace.common.record.RunRecord;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.BrokerDisk;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.queue.LostClaims;
import io.millrace.producer.queue.QueueLag;
import io.millrace.producer.scale.Scaling;
import io.millrace.producer.session.ProducerSession;
import io.millrace.producer.session.ProducerWork;
import io.millrace.producer.session.Standby;
import io.millrace.producer.source.PromptOrder;
import io.millrace.producer.source.TaskFactory;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetException;
import io.millrace.producer.source.load.DataSetLoader;
import io.millrace.producer.source.load.LoadReport;
import io.millrace.producer.status.AdmissionWait;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.status.ProducerStatus;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Builds and starts a producer process. */
public final class ProducerWiring {
    private static final Logger log = LoggerFactory.getLogger(ProducerWiring.class);

    private static final Duration ADMIN_CLOSE_LIMIT = Duration.ofSeconds(1);

    private final OpsServer ops;
    private final AtomicReference<@Nullable ProducerStatus> status;

    private ProducerWiring(OpsServer ops, AtomicReference<@Nullable ProducerStatus> status) {
        this.ops = ops;
        this.status = status;
    }

    /**
     * Waits for a broker, for as long as it takes; returns when the run is taken over, and publishing follows; or after
     * the limit of one answer of the broker, while it is still tried.
     *
     * @param stops gets what is started
     * @throws SettingException when the data set cannot be used, or is not the one the run was begun with
     */
    public static ProducerWiring start(ProducerSettings settings, Health health, Fatal fatal, StopSequence stops)
            throws Exception {
        health.starting(ProducerWork.PART);
        // Reported at each turn of the loop, which may hang in a call to the broker.
        health.watched(ProducerSession.BROKER);
        ProducerSession.Plan plan = plan(settings);
        KafkaClients clients = KafkaClients.patient(settings.kafka(), SessionMaker.recordBytesMax(settings));
        Duration limit = settings.brokerTimeout();

        Metrics metrics = new Metrics(plan.topics().run().value(), "producer", settings.metrics());
        stops.pushCloseable("metrics", metrics);
        AtomicReference<@Nullable ProducerStatus> status = new AtomicReference<>();
        OpsServer ops = OpsServer.start(settings.ops(), health, metrics, () -> json(status), routing -> {});
        stops.pushCloseable("operations server", ops);
        Admin admin = clients.admin("millrace-producer-admin");
        // Its calls under way are questions only; without a broker they would take all the time there is.
        stops.push("admin client", _ -> admin.close(ADMIN_CLOSE_LIMIT));
        new StartWait(admin, settings.kafka().bootstrap(), health, ProducerWork.PART, Ticker.system())
                .make(settings.topics(), limit);

        ProducerMetrics meters = new ProducerMetrics(metrics.registry(), status::get);
        var _ = new BrokerDisk(admin, plan.topics(), metrics.registry(), Ticker.system());
        SessionClients sessionClients = new KafkaSessionClients(settings, admin);
        ProducerSession.Surroundings around = new ProducerSession.Surroundings(
                new Tenure.OfProcess("producer"),
                new LostClaims(sessionClients::lane, plan.topics(), limit),
                new QueueLag(LagOffsets.of(admin), plan.topics(), metrics.registry(), Ticker.system()),
                scaling(settings, metrics),
                new AdmissionWait(health, meters, WallClock.system(), Ticker.system()),
                health,
                meters,
                WallClock.system(),
                Ticker.system(),
                status::set);
        SessionMaker sessions = new SessionMaker(settings, plan, sessionClients, metrics, around);
        Standby standby = new Standby(
                plan.topics(),
                plan.run(),
                () -> new TopicTail(sessionClients.follower("millrace-producer-standby")),
                around.tenure(),
                settings.recovery().workerTimeout(),
                health,
                Ticker.system());
        ProducerWork work = new ProducerWork(sessions::make, health, meters, status, WallClock.system(), standby);
        SessionLoop<ProducerSession> loop = new SessionLoop<>(work, "the topics", Ticker.system());
        AtomicBoolean inBackground = new AtomicBoolean();
        OwnerLoop owner = new OwnerLoop("producer-loop", loop, (who, cause) -> {
                    work.taken().completeExceptionally(cause);
                    if (inBackground.get()) {
                        fatal.report(who, cause);
                    }
                })
                .start();
        stops.push("producer loop", owner::stop);
        awaitTaken(work.taken(), limit, inBackground);
        return new ProducerWiring(ops, status);
    }

    private static Scaling scaling(ProducerSettings settings, Metrics metrics) {
        Scaling scaling = new Scaling(settings.scaling().rules());
        ProducerMetric.WORKERS_WANTED.gauge(
                metrics.registry(), () -> scaling.wanted().workers());
        ProducerMetric.QUEUE_AGE.gauge(metrics.registry(), () -> scaling.oldestQueuedMs() / 1_000.0);
        return scaling;
    }

    /** What goes wrong until here is thrown, later it is fatal. A broker that does not answer is neither. */
    private static void awaitTaken(CompletableFuture<Void> taken, Duration limit, AtomicBoolean inBackground)
            throws Exception {
        try {
            taken.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            inBackground.set(true);
        } catch (TimeoutException e) {
            log.warn("the run is not taken over within {}, still trying", limit);
            inBackground.set(true);
            if (taken.isCompletedExceptionally()) {
                throw new IllegalStateException("the run cannot be taken over", taken.exceptionNow());
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** What the settings say of the run, its data set loaded. */
    static ProducerSession.Plan plan(ProducerSettings settings) {
        DataSet dataSet = load(settings);
        PromptOrder order = order(settings, dataSet);
        Capacity capacity = settings.batch().capacity();
        TaskFactory tasks = new TaskFactory(
                dataSet,
                order,
                settings.batch().samplesPerGroup(),
                settings.sampling().params(),
                settings.data().rewardType(),
                settings.recovery().taskDeadline().toMillis());
        return new ProducerSession.Plan(
                new RunTopics(settings.topics().run()),
                run(settings, dataSet),
                dataSet,
                order,
                tasks,
                new Admission(capacity, order, settings.groupsMax()),
                settings.publishBatchMax(),
                settings.brokerTimeout());
    }

    private static RunRecord run(ProducerSettings settings, DataSet dataSet) {
        return new RunRecord(
                RunRecord.FORMAT,
                settings.batch().batchGroups(),
                settings.batch().samplesPerGroup(),
                settings.batch().stepsPerVersion(),
                settings.batch().pipelineDepth(),
                settings.topics().resultPartitions(),
                settings.topics().recordSizeMax().bytes(),
                dataSet.fingerprint(),
                settings.sampling().fingerprint(),
                settings.data().rewardType(),
                settings.recovery().workerTimeout().toMillis());
    }

    private static DataSet load(ProducerSettings settings) {
        DataSetSettings data = settings.data();
        try {
            DataSet dataSet = DataSetLoader.load(
                    data.spec(),
                    data.shape(data.rendering()),
                    data.limits(settings.topics().recordSizeMax().bytes()),
                    data.check());
            LoadReport report = dataSet.report();
            log.info(
                    "data set {}: {} rows of shape {}, fingerprint {}, {} bad {}",
                    dataSet.spec(),
                    report.usable(),
                    dataSet.form(),
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

    private static ObjectNode json(AtomicReference<@Nullable ProducerStatus> status) {
        ProducerStatus newest = status.get();
        return newest == null ? Json.object() : Json.MAPPER.valueToTree(newest);
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
