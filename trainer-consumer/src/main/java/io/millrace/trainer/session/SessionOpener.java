package io.millrace.trainer.session;

import io.millrace.common.access.Refusals;
import io.millrace.common.access.Role;
import io.millrace.common.access.RunJoin;
import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.SettingException;
import io.millrace.common.kafka.HangingTransactions;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.LostTails;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lag.LagGroup;
import io.millrace.common.lag.LagOffsets;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.topics.TrimFailures;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.FirstRewards;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.gate.GateSettings;
import io.millrace.trainer.journal.KeptSteps;
import io.millrace.trainer.journal.Retention;
import io.millrace.trainer.journal.Snapshots;
import io.millrace.trainer.journal.StepWriter;
import io.millrace.trainer.journal.StepsReader;
import io.millrace.trainer.policy.VersionRules;
import io.millrace.trainer.results.ResultEnds;
import io.millrace.trainer.steps.StepHistory;
import io.millrace.trainer.steps.StepLedger;
import io.millrace.trainer.trace.GroupSpans;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A write whose outcome is unknown is not guessed: the session that made it is thrown away, and a new one is opened as
 * at a start. Opening first waits for the run's last transaction to end, by initTransactions, so what is read afterwards
 * holds the write or never will. Before that it looks who has the run, since initTransactions would fence a newer
 * trainer consumer: see Tenure.
 */

/** Takes the run and reads it, at a start and whenever a session was lost. Owned by the loop. */
public final class SessionOpener {
    private static final Logger log = LoggerFactory.getLogger(SessionOpener.class);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    /** A snapshot that is too large is so for hours, and nothing is lost meanwhile. */
    private static final Duration SAY_TOO_LARGE_EVERY = Duration.ofMinutes(5);

    private final Plan plan;
    private final FilterChain filters;
    /** Counts over all sessions, as the filters do. */
    private final AbandonedRow abandoned;

    private final FirstRewards rewards = new FirstRewards();

    private final RunTopics topics;
    private final KafkaClients clients;
    private final Admin admin;
    private final Metrics metrics;
    private final TrainerMetrics meters;
    private final WallClock clock;
    private final Ticker ticker;
    /** Over all sessions, each of which may find the same. */
    private final EverySoOften snapshotLines;

    private final TrimFailures trimFailures;
    private final LagGroup resultsLag;
    private final LostTails lostTails = new LostTails();

    private final Tenure.OfProcess tenure = new Tenure.OfProcess("trainer consumer");
    private final Refusals refusals;
    private boolean joined;

    /**
     * What does not change.
     *
     * @param kafka where the broker is looked for and as whom, for people
     * @param payloadBytesMax finished groups kept in memory
     * @param partBytesMax parts of large groups kept until their group is whole
     * @param brokerTimeout for one answer of the broker
     */
    public record Plan(
            TopicSettings topics,
            KafkaSettings kafka,
            BatchSettings batch,
            GateSettings gate,
            RecoverySettings recovery,
            VersionRules rules,
            int leaseAhead,
            long payloadBytesMax,
            long partBytesMax,
            int maxConsecutiveAbandoned,
            Duration brokerTimeout) {}

    /**
     * @param filters count over all sessions; owned by the loop from then on
     * @param admin for as long as the process lives; not owned
     */
    public SessionOpener(
            Plan plan,
            FilterChain filters,
            KafkaClients clients,
            Admin admin,
            Metrics metrics,
            TrainerMetrics meters,
            Health health,
            WallClock clock,
            Ticker ticker) {
        this.plan = plan;
        this.filters = filters;
        this.abandoned = new AbandonedRow(plan.maxConsecutiveAbandoned());
        this.topics = new RunTopics(plan.topics().run());
        this.refusals = new Refusals(Role.TRAINER, topics, plan.kafka());
        this.clients = clients;
        this.admin = admin;
        this.metrics = metrics;
        this.meters = meters;
        this.clock = clock;
        this.ticker = ticker;
        this.snapshotLines = new EverySoOften(SAY_TOO_LARGE_EVERY, ticker);
        this.trimFailures = new TrimFailures(
                "deletion", health, metrics.registry(), ticker, plan.recovery().trimInterval());
        this.resultsLag = new LagGroup(LagOffsets.of(admin), topics.resultsLagGroup(), metrics.registry(), ticker);
    }

    public Admin admin() {
        return admin;
    }

    /** Where the broker is looked for, for people. */
    public String bootstrap() {
        return plan.kafka().bootstrap();
    }

    /** Says what a broker refuses to this trainer consumer. */
    public Refusals refusals() {
        return refusals;
    }

    /**
     * Whether the run is there; to be asked before the first session is opened.
     *
     * @return what to wait for, for people; empty when it is there
     * @throws SettingException when a right is missing, or the run has another form
     */
    public Optional<String> waitsFor() throws InterruptedException {
        if (joined) {
            return Optional.empty();
        }
        Optional<String> awaited = new RunJoin(admin, refusals, plan.topics(), plan.brokerTimeout()).waitsFor();
        joined = awaited.isEmpty();
        return awaited;
    }

    /**
     * Opens a session.
     *
     * @throws FencedException when a newer trainer consumer has the run
     * @throws IllegalStateException when what stands on the topics contradicts itself
     */
    public Session open() throws Exception {
        Made made = new Made();
        try {
            return open(made);
        } catch (Exception e) {
            made.close();
            throw e;
        }
    }

    private Session open(Made made) throws Exception {
        PartitionReader reader = new PartitionReader(new TopicTail(made.consumer("replay")), plan.brokerTimeout());
        // Before the run is taken, so that a mistaken start leaves a running trainer consumer alone.
        RunFit fit = new RunFit(plan.batch(), plan.topics());
        RunRecords.newest(reader, topics).ifPresent(fit::accept);
        StepsReader stepsReader = new StepsReader(topics, reader);
        Tenure me = tenure.above(stepsReader.highest(), 0);
        StepWriter writer = new StepWriter(topics, me, made.producer());
        writer.take();
        StepLedger ledger = new StepLedger(plan.batch().capacity(), plan.rules(), plan.leaseAhead());
        TopicPartition policy = new TopicPartition(topics.policy(), 0);
        TopicPartition steps = new TopicPartition(topics.steps(), 0);
        HangingTransactions.abort(admin, topics.trainerTransactionalId(), List.of(steps, policy), plan.brokerTimeout());
        writer.wasReadTo(steps, reader.end(steps));
        writer.wasReadTo(policy, reader.end(policy));
        Map<TopicPartition, Long> others = new HashMap<>();
        others.put(policy, reader.end(policy));
        // From its beginning: what came since it was read must not be missed, and it is one record.
        TopicPartition runRecord = new TopicPartition(topics.runRecord(), 0);
        others.put(runRecord, reader.begin(runRecord));
        List<DeadLetter.Unreadable> unreadable = stepsReader.fold(ledger);
        meters.count(TrainerMetrics.Count.FOREIGN, unreadable.size());
        KeptSteps keptSteps = new KeptSteps(topics, reader);
        Retention retention = kept(ledger, keptSteps);
        publish(writer, ledger, unreadable);
        Incoming incoming = new Incoming(
                plan,
                me,
                fit,
                ledger,
                filters,
                abandoned,
                reader,
                new ResultEnds(admin, ticker),
                meters,
                new GroupSpans(metrics.tracing(), topics, clock),
                ticker);
        TopicPartition prompts = new TopicPartition(topics.lane(Lane.TRAINING), 0);
        others.put(prompts, reader.rankedFrom(prompts, ledger.totals().lowWaterMark(), SessionOpener::groupIndex));
        TopicPartition urgent = new TopicPartition(topics.lane(Lane.URGENT), 0);
        others.put(urgent, reader.begin(urgent));
        TopicPartition receipts = new TopicPartition(topics.receipts(GroupKind.TRAINING), 0);
        Snapshot snapshot = ledger.lastSnapshot();
        others.put(receipts, Math.max(reader.begin(receipts), snapshot == null ? 0 : snapshot.receiptsFrom()));
        ResultsFeed feed = new ResultsFeed(
                made.consumer("results"),
                topics.results(GroupKind.TRAINING),
                snapshot,
                others,
                policy,
                meters,
                lostTails,
                plan.brokerTimeout());
        log.info(
                "run {}: lineage {}, next step {}, weight version {}, {} groups trained, {}",
                topics.run(),
                ledger.lineage(),
                ledger.nextStep(),
                ledger.policy().weightVersion(),
                ledger.totals().trained(),
                ledger.openLease() == null
                        ? "no step leased"
                        : ledger.openLeases().size() + " leased");
        Snapshots snapshots = new Snapshots(
                plan.recovery().snapshotRecords(),
                plan.topics().recordSizeMax().bytes(),
                snapshotLines,
                () -> meters.count(TrainerMetrics.Count.SNAPSHOT_TOO_LARGE));
        RecordTrimmer trimmer = new RecordTrimmer(admin, ticker, plan.recovery().trimInterval(), trimFailures);
        SessionJournal journal =
                new SessionJournal(ledger, incoming, feed, writer, snapshots, retention, keptSteps, reader, trimmer);
        return new Session(
                ledger,
                incoming,
                feed,
                journal,
                new OutcomeLog(meters, rewards),
                filters,
                abandoned,
                new BrokerWatch(admin, ticker),
                resultsLag,
                made::close);
    }

    /** The key of a task; empty when it is none. */
    private static OptionalLong groupIndex(ConsumerRecord<byte[], byte[]> record) {
        try {
            return record.key() == null
                    ? OptionalLong.empty()
                    : OptionalLong.of(Long.parseLong(new String(record.key(), StandardCharsets.US_ASCII)));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private Retention kept(StepLedger ledger, KeptSteps keptSteps) throws Exception {
        Retention retention =
                new Retention(plan.recovery().keepSteps(), plan.recovery().keepStepsMax());
        List<StepHistory.Kept> steps = keptSteps.steps(
                retention.first(ledger.nextStep(), ledger.checkpoint()), ledger.recordedBefore(), ledger.lineage());
        for (StepHistory.Kept kept : steps) {
            if (kept.acknowledgement() != null) {
                retention.keep(kept.lease().step(), kept.lease().groups());
            }
        }
        if (ledger.isReplaying()) {
            ledger.recorded(steps.stream()
                    .filter(kept -> kept.lease().step().compareTo(ledger.nextStep()) >= 0)
                    .toList());
        }
        return retention;
    }

    /** The policy again, under this owner's name: whoever has the run sees it. */
    private void publish(StepWriter writer, StepLedger ledger, List<DeadLetter.Unreadable> unreadable) {
        Policy policy = ledger.policy();
        if (ledger.isEmpty() && policy.sinceMs() == 0) {
            policy = new Policy(
                    policy.lineage(),
                    policy.weightVersion(),
                    policy.trainedGroups(),
                    policy.state(),
                    clock.millis(),
                    policy.words());
            ledger.fold(policy);
            policy = ledger.policy();
        }
        List<ControlRecord> records = new ArrayList<>(unreadable);
        records.add(policy);
        writer.write(records);
    }

    /** Clients made so far, closed together; each twice does no harm. */
    private final class Made {
        private final Deque<AutoCloseable> made = new ArrayDeque<>();

        private Consumer<byte[], byte[]> consumer(String role) {
            Consumer<byte[], byte[]> consumer = clients.follower(id(role));
            made.push(() -> consumer.close(CloseOptions.timeout(CLOSE_LIMIT)));
            made.push(metrics.bind(consumer, role));
            return consumer;
        }

        /** No call of it outlasts the wait for a broker, not its flush either: the loop says so in time and starts over. */
        private Producer<byte[], byte[]> producer() {
            int limitMs = Math.toIntExact(plan.brokerTimeout().toMillis());
            Producer<byte[], byte[]> producer = clients.transactionalProducer(
                    id("steps"),
                    topics.trainerTransactionalId(),
                    Map.of(
                            ProducerConfig.MAX_BLOCK_MS_CONFIG, limitMs,
                            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, limitMs,
                            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, limitMs));
            made.push(() -> producer.close(CLOSE_LIMIT));
            made.push(metrics.bind(producer, "steps"));
            return producer;
        }

        private void close() {
            for (AutoCloseable one : made) {
                try {
                    one.close();
                } catch (Exception e) {
                    log.debug("a client did not close in order", e);
                }
            }
            made.clear();
        }
    }

    private String id(String role) {
        return topics.run() + ".trainer." + role;
    }
}
