package io.millrace.producer.session;

import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.LedgerCounts;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.queue.LostClaims;
import io.millrace.producer.queue.QueueLag;
import io.millrace.producer.queue.ShareGroupRoom;
import io.millrace.producer.scale.Scaling;
import io.millrace.producer.source.PromptOrder;
import io.millrace.producer.source.TaskFactory;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.status.AdmissionWait;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.status.ProducerStatus;
import io.millrace.producer.stream.Evaluations;
import io.millrace.producer.stream.Training;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run in one producer's hands, from taking it over to the first trouble: the owner of the follower, the ledger and
 * the publisher. All it knows comes from the topics, so one whose broker left an answer open is thrown away, and a new
 * one reads what became of it. What is published is fed to the ledger from the publisher's own answer, so no receipt or
 * status is read before the task it is about. {@link #open} comes first; one thread at a time.
 */
public final class ProducerSession implements SessionLoop.Session {
    private static final Logger log = LoggerFactory.getLogger(ProducerSession.class);

    /** How long a turn waits for records; a record that arrives ends the wait. */
    private static final Duration POLL_LIMIT = Duration.ofMillis(100);

    /** Between two looks at all groups in flight. */
    private static final long SCAN_PERIOD_MS = 200;

    /** Clients that cannot reach the broker are not waited for. */
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    public static final String BROKER = "broker";

    /** Workers tell their status every 2 s; who was silent for so long is not counted as a member of the share groups. */
    private static final long WORKING_WITHIN_MS = 10_000;

    /**
     * What does not change: the order of the prompts and the limits.
     *
     * @param run what the processes of the run must share
     * @param batchMax groups of one transaction
     * @param brokerLimit how long the broker may take to answer, each time
     */
    public record Plan(
            RunTopics topics,
            RunRecord run,
            DataSet dataSet,
            PromptOrder order,
            TaskFactory tasks,
            Admission admission,
            int batchMax,
            Duration brokerLimit) {}

    /** What it owns and closes. */
    public record Edges(
            TopicTail tail,
            RunPublisher publisher,
            LedgerHeart heart,
            ShareGroupRoom room,
            RecordTrimmer trimmer,
            OpenTransactions open,
            Metrics.Binding meters) {}

    /** Ends what former producers left open beyond their end. */
    @FunctionalInterface
    public interface OpenTransactions {
        /** @param partitions where nobody else writes in transactions */
        void abort(Collection<TopicPartition> partitions) throws InterruptedException;
    }

    /** What outlives it. */
    public record Surroundings(
            Tenure.OfProcess tenure,
            LostClaims lostClaims,
            QueueLag queueLag,
            Scaling scaling,
            AdmissionWait admissionWait,
            Health health,
            ProducerMetrics metrics,
            WallClock clock,
            Ticker ticker,
            Consumer<ProducerStatus> statuses) {}

    private final Plan plan;
    private final Edges edges;
    private final Training training;
    private final Evaluations evaluations;
    private final Liveness liveness;
    private final LedgerFeed feed;
    private final UnreadableRecords unreadable;
    private final Surroundings around;
    private Tenure own = Tenure.NONE;
    private long nextScanMs;
    private boolean moreToPublish;

    public ProducerSession(
            Plan plan,
            Edges edges,
            Training training,
            Evaluations evaluations,
            Liveness liveness,
            LedgerFeed feed,
            UnreadableRecords unreadable,
            Surroundings around) {
        this.plan = plan;
        this.edges = edges;
        this.training = training;
        this.evaluations = evaluations;
        this.liveness = liveness;
        this.feed = feed;
        this.unreadable = unreadable;
        this.around = around;
    }

    private Ledger ledger() {
        return training.stream().ledger();
    }

    /** @see TakeOver#run */
    @Override
    public void open() throws Exception {
        own = new TakeOver(plan, edges, training, evaluations, feed, unreadable, around).run();
        feed.live();
        log.info("run {} goes on at group {}: {}", plan.topics().run(), training.nextIndex(), ledger().counts());
        show();
    }

    /**
     * One turn:
     *
     * <ol>
     *   <li>waits for records of the followed topics, not at all while there is more to publish, and feeds the ledger;
     *   <li>takes how far the share groups have come, where the broker has told it, and shows it as consumer lag;
     *   <li>says how many workers the run could use, notices gaps in its own hearing, and sends the heartbeat when it is time;
     *   <li>issues again what is over of each kind, and gives up what has used up its attempts;
     *   <li>issues the oldest evaluation that may begin;
     *   <li>publishes at most one batch of what admission allows, or shows what is waited for;
     *   <li>deletes what no unsettled group needs, and shows the status.
     * </ol>
     *
     * @throws FencedException when a newer producer has the run
     * @throws org.apache.kafka.common.KafkaException when the broker left something open; close this session
     */
    void turn() throws Exception {
        edges.tail().poll(moreToPublish ? Duration.ZERO : POLL_LIMIT, feed::accept);
        if (feed.highest().compareTo(own) > 0) {
            throw new FencedException("producer", own, feed.highest());
        }
        long nowMs = around.ticker().millis();
        training.stream().takeQueues(around.queueLag());
        evaluations.stream().takeQueues(around.queueLag());
        around.queueLag().turn();
        listen(nowMs);
        recover(nowMs);
        evaluations.turn(feed.policy());
        moreToPublish = training.turn(feed.policy());
        trim();
        show();
    }

    private void listen(long nowMs) {
        if (!liveness.turn(nowMs)) {
            log.warn("own heartbeat not read back in time: no worker is judged until one sent from now on is");
            edges.heart().soon();
        }
        LedgerCounts counts = ledger().counts();
        around.scaling()
                .turn(
                        counts.queued() * plan.tasks().samplesPerGroup(),
                        training.stream().oldestQueuedMs(nowMs),
                        nowMs);
        edges.heart().says(around.scaling().wanted());
        edges.heart().turn(own, liveness);
        if (liveness.caughtUp()) {
            around.health().running(BROKER);
        } else {
            around.health().blocked(BROKER, "the ledger's own heartbeat, to be read back from the workers topic");
        }
    }

    private void recover(long nowMs) throws Exception {
        if (nowMs < nextScanMs) {
            return;
        }
        nextScanMs = nowMs + SCAN_PERIOD_MS;
        if (liveness.caughtUp()) {
            ledger().forgetWorkers(nowMs).forEach(edges.heart()::forget);
            var _ = evaluations.stream().ledger().forgetWorkers(nowMs);
            edges.room().turn(ledger().workersSince(nowMs - WORKING_WITHIN_MS));
        }
        boolean more = evaluations.stream().recover(feed.policy(), liveness, plan.batchMax());
        if (training.stream().recover(feed.policy(), liveness, plan.batchMax()) || more) {
            nextScanMs = nowMs;
        }
        List<RunPublisher.Item> letters = unreadable.take(plan.batchMax()).stream()
                .<RunPublisher.Item>map(RunPublisher.Item.Skipped::new)
                .toList();
        if (!letters.isEmpty()) {
            var _ = edges.publisher().publish(letters);
        }
    }

    private void trim() {
        training.trim(edges.trimmer(), plan.topics());
        evaluations.trim(edges.trimmer(), plan.topics());
        // Both kinds' records stand there.
        edges.trimmer()
                .mayDeleteBelow(
                        new TopicPartition(plan.topics().partials(), 0),
                        ledger().neededFrom(
                                        TrimmedTopic.PARTIALS,
                                        evaluations.stream().ledger()));
        edges.trimmer().turn();
    }

    private void show() {
        DataSet dataSet = plan.dataSet();
        LedgerCounts counts = ledger().counts();
        LedgerCounts evaluated = evaluations.stream().ledger().counts();
        StepRecord.Totals totals = ledger().totals();
        around.statuses()
                .accept(new ProducerStatus(
                        plan.topics().run(),
                        training.nextIndex(),
                        training.nextIndex(),
                        counts.queued(),
                        counts.inFlight(),
                        ledger().heldSince(around.ticker().millis() - WORKING_WITHIN_MS),
                        ledger().workersSince(around.ticker().millis() - WORKING_WITHIN_MS),
                        counts.finished(),
                        counts.failed(),
                        counts.abandoning(),
                        totals.settled(),
                        totals.trained(),
                        totals.discarded(),
                        totals.abandoned(),
                        counts.lowWaterMark(),
                        Double.isFinite(counts.rewardMean()) ? counts.rewardMean() : null,
                        training.limit(feed.policy()),
                        liveness.caughtUp(),
                        around.metrics().attempts(),
                        around.admissionWait().whatFor(),
                        around.admissionWait().sinceMs(),
                        training.exhausted(),
                        new ProducerStatus.DataSetInfo(
                                dataSet.spec().toString(),
                                dataSet.size(),
                                dataSet.report().bad(),
                                dataSet.fingerprint(),
                                plan.order().seed()),
                        ProducerStatus.PolicyInfo.of(feed.policy()),
                        new ProducerStatus.EvaluationCounts(
                                evaluations.open(),
                                evaluated.queued(),
                                evaluated.inFlight(),
                                evaluated.finished(),
                                evaluated.failed())));
    }

    @Override
    public void wakeup() {
        edges.tail().wakeup();
    }

    @Override
    public void close() {
        List<Runnable> clients = List.of(
                edges.meters()::close,
                edges.heart()::close,
                edges.publisher()::close,
                () -> edges.tail().consumer().close(CloseOptions.timeout(CLOSE_LIMIT)));
        for (Runnable client : clients) {
            try {
                client.run();
            } catch (KafkaException e) {
                log.debug("a client closed in a hurry", e);
            }
        }
    }
}
