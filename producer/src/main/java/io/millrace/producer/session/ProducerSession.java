package io.millrace.producer.session;

import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.Policy;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.ledger.group.Issue;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.PublishedTask;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.queue.LostClaims;
import io.millrace.producer.queue.QueueWatch;
import io.millrace.producer.queue.ShareGroupRoom;
import io.millrace.producer.source.PromptOrder;
import io.millrace.producer.source.TaskFactory;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.status.AdmissionWait;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.status.ProducerStatus;
import io.millrace.producer.stream.Evaluations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run in one producer's hands, from taking it over to the first trouble: the owner of the follower, the ledger and
 * the publisher. All it knows comes from the topics, so one whose broker left an answer open is thrown away, and a new
 * one reads what became of it. What is published is fed to the ledger from the publisher's own answer, so the prompts
 * lanes are read only at the start, and no receipt or status is read before the task it is about. {@link #takeOver}
 * comes first; one thread at a time.
 */
public final class ProducerSession implements AutoCloseable {
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

    /** What it owns and closes, but for the identity and the admin client, which are the process's. */
    public record Edges(
            TopicTail tail,
            PromptLog prompts,
            PromptLog urgent,
            RunPublisher publisher,
            Map<Lane, QueueWatch> queues,
            Evaluations evaluations,
            LedgerHeart heart,
            ShareGroupRoom room,
            RecordTrimmer trimmer,
            Admin admin,
            KafkaClientMetrics meters) {}

    /** What outlives it. */
    public record Surroundings(
            ProcessIdentity identity,
            LostClaims lostClaims,
            AdmissionWait admissionWait,
            Health health,
            ProducerMetrics metrics,
            WallClock clock,
            Ticker ticker,
            Consumer<ProducerStatus> statuses) {}

    private final Plan plan;
    private final Edges edges;
    private final Ledger ledger;
    private final Liveness liveness;
    private final LedgerFeed feed;
    private final BadRecords bad;
    private final Surroundings around;
    private final Map<Lane, Long> publishedEnds = new EnumMap<>(Lane.class);
    private LedgerIdentity own = LedgerIdentity.NONE;
    private long nextIndex;
    private long lastPromptOffset;
    private long nextScanMs;
    private boolean exhausted;
    private boolean moreToPublish;

    public ProducerSession(
            Plan plan,
            Edges edges,
            Ledger ledger,
            Liveness liveness,
            LedgerFeed feed,
            BadRecords bad,
            Surroundings around) {
        this.plan = plan;
        this.edges = edges;
        this.ledger = ledger;
        this.liveness = liveness;
        this.feed = feed;
        this.bad = bad;
        this.around = around;
    }

    private long nowMs() {
        return around.ticker().nanos() / 1_000_000;
    }

    /** @see TakeOver#run */
    void takeOver() throws Exception {
        TakeOver.Taken taken = new TakeOver(plan, edges, ledger, feed, bad, around, this::published).run();
        own = taken.own();
        nextIndex = taken.nextIndex();
        lastPromptOffset = Math.max(lastPromptOffset, taken.lastPromptOffset());
        feed.live();
        log.info("run {} goes on at group {}: {}", plan.topics().run(), nextIndex, ledger.counts());
        show();
    }

    private void published(Lane lane, PublishedTask published) {
        if (!ledger.published(lane, published.task(), published.offset(), nowMs())) {
            log.warn(
                    "{} offset {}: group {} was never published, passed over",
                    lane,
                    published.offset(),
                    published.task().groupIndex());
        }
        publishedEnds.merge(lane, published.offset() + 1, Math::max);
        if (lane == Lane.TRAINING) {
            lastPromptOffset = Math.max(lastPromptOffset, published.offset());
        }
    }

    /**
     * One turn:
     *
     * <ol>
     *   <li>waits for records of the followed topics, not at all while there is more to publish, and feeds the ledger;
     *   <li>takes how far the share groups have come, where the broker has told it;
     *   <li>notices gaps in its own hearing, and sends the heartbeat when it is time;
     *   <li>issues again what is over, and gives up what has used up its attempts;
     *   <li>issues evaluations, and again what of them is over;
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
            throw new FencedException(feed.highest().toString(), own.toString());
        }
        long nowMs = nowMs();
        for (Map.Entry<Lane, QueueWatch> queue : edges.queues().entrySet()) {
            Lane lane = queue.getKey();
            queue.getValue()
                    .turn(publishedEnds.getOrDefault(lane, 0L))
                    .ifPresent(offset -> ledger.queueStart(lane, offset, nowMs));
        }
        listen(nowMs);
        recover(nowMs);
        edges.evaluations().turn(feed.policy());
        admit();
        trim();
        show();
    }

    private void listen(long nowMs) {
        if (!liveness.turn(nowMs)) {
            log.warn("own heartbeat not read back in time: no worker is judged until one sent from now on is");
            edges.heart().soon();
        }
        edges.heart().turn(own, liveness);
        if (liveness.caughtUp()) {
            around.health().running(BROKER);
        } else {
            around.health().blocked(BROKER, "the ledger's own heartbeat, to be read back from the workers topic");
        }
    }

    private void recover(long nowMs) {
        if (nowMs < nextScanMs) {
            return;
        }
        nextScanMs = nowMs + SCAN_PERIOD_MS;
        edges.evaluations().recover(feed.policy(), liveness, plan.batchMax());
        if (liveness.caughtUp()) {
            ledger.forgetWorkers(nowMs).forEach(edges.heart()::forget);
            edges.room().turn(ledger.workersSince(nowMs - WORKING_WITHIN_MS));
        }
        Evaluations.warnOfDoubtful(ledger.doubtful(liveness, nowMs));
        List<Decision> decisions = ledger.due(liveness, nowMs, plan.batchMax());
        List<RunPublisher.Item> items = new ArrayList<>();
        Map<GroupIndex, TrainingTask> before = tasksOf(decisions);
        decisions.forEach(decision -> items.add(item(decision, before.get(decision.group()))));
        bad.take(plan.batchMax()).forEach(letter -> items.add(new RunPublisher.Item.Skipped(letter)));
        if (items.isEmpty()) {
            return;
        }
        List<Long> offsets = edges.publisher().publish(items);
        for (int i = 0; i < decisions.size(); i++) {
            decided(decisions.get(i), items.get(i), offsets.get(i));
        }
        if (decisions.size() == plan.batchMax()) {
            nextScanMs = nowMs;
        }
    }

    /**
     * The newest tasks of these groups, read back from their lanes, which keep them until they are settled; in memory
     * they would be most of what an unsettled group costs.
     */
    private Map<GroupIndex, TrainingTask> tasksOf(List<Decision> decisions) {
        Map<GroupIndex, Issue> issues = new HashMap<>();
        for (Decision decision : decisions) {
            Issue issue = ledger.issue(decision.group());
            if (issue != null) {
                issues.put(decision.group(), issue);
            }
        }
        Map<GroupIndex, TrainingTask> tasks = new HashMap<>();
        for (Lane lane : Lane.values()) {
            PromptLog tasksLog = lane == Lane.TRAINING ? edges.prompts() : edges.urgent();
            List<Long> offsets = issues.values().stream()
                    .filter(issue -> issue.lane() == lane)
                    .map(Issue::offset)
                    .toList();
            tasksLog.at(offsets).values().forEach(task -> tasks.put(task.groupIndex(), task));
        }
        return tasks;
    }

    private RunPublisher.Item item(Decision decision, @Nullable TrainingTask before) {
        if (before == null) {
            log.warn(
                    "the task of group {} stands on its lane no more: it is made anew, with sampling as it is set now",
                    decision.group());
        }
        Policy policy = feed.policy();
        TaskFactory tasks = plan.tasks();
        long nowMs = around.clock().millis();
        return switch (decision) {
            case Decision.Reissue again ->
                new RunPublisher.Item.Task(
                        Lane.URGENT,
                        tasks.again(again.group(), before, again.attempt(), policy, nowMs, again.history())
                                .from(again.partial(policy.lineage())));
            case Decision.Abandon end ->
                new RunPublisher.Item.Abandonment(
                        new DeadLetter.Group(
                                before == null
                                        ? tasks.again(
                                                end.group(),
                                                null,
                                                end.last().attempt(),
                                                policy,
                                                nowMs,
                                                end.last().history())
                                        : before,
                                end.cause(),
                                end.history()),
                        end.number());
        };
    }

    private void decided(Decision decision, RunPublisher.Item item, long offset) {
        if (item instanceof RunPublisher.Item.Task issued) {
            published(issued.lane(), new PublishedTask(issued.task(), offset));
            log.info(
                    "group {} issued again as attempt {}: {}",
                    decision.group(),
                    issued.task().attempt(),
                    decision.history().ends().getLast());
        } else if (decision instanceof Decision.Abandon end) {
            ledger.givingUp(end.group(), end.number(), nowMs());
            log.warn("group {} given up: {}", decision.group(), decision.history());
        }
        around.metrics().decided(decision);
    }

    private void admit() {
        moreToPublish = false;
        exhausted = false;
        switch (plan.admission().decide(feed.policy(), ledger.totals(), nextIndex)) {
            case Admission.Decision.Publish publish -> {
                around.admissionWait().over();
                publish((int) Math.min(publish.groups(), plan.batchMax()));
                moreToPublish = publish.groups() > plan.batchMax();
            }
            case Admission.Decision.Wait waiting -> around.admissionWait().waiting(waiting.whatFor());
            case Admission.Decision.Exhausted end -> {
                exhausted = true;
                around.admissionWait().waiting("exhausted: " + end.why());
            }
        }
    }

    private void publish(int groups) {
        List<RunPublisher.Item> batch = new ArrayList<>(groups);
        long issuedAtMs = around.clock().millis();
        for (long index = nextIndex; index < nextIndex + groups; index++) {
            batch.add(new RunPublisher.Item.Task(
                    Lane.TRAINING, plan.tasks().task(new GroupIndex(index), feed.policy(), issuedAtMs)));
        }
        List<Long> offsets = edges.publisher().publish(batch);
        for (int i = 0; i < groups; i++) {
            if (batch.get(i) instanceof RunPublisher.Item.Task issued) {
                published(issued.lane(), new PublishedTask(issued.task(), offsets.get(i)));
            }
        }
        nextIndex += groups;
        around.metrics().published(groups);
    }

    /** The last task stays, however settled: the next group's index is read from it. */
    private void trim() {
        RunTopics topics = plan.topics();
        RecordTrimmer trimmer = edges.trimmer();
        trimmer.mayDeleteBelow(
                new TopicPartition(topics.prompts(), 0),
                Math.min(lastPromptOffset, ledger.neededFrom(TrimmedTopic.TRAINING)));
        trimmer.mayDeleteBelow(new TopicPartition(topics.urgent(), 0), ledger.neededFrom(TrimmedTopic.URGENT));
        trimmer.mayDeleteBelow(new TopicPartition(topics.receipts(), 0), ledger.neededFrom(TrimmedTopic.RECEIPTS));
        edges.evaluations().trim(trimmer, ledger);
        trimmer.turn();
    }

    private void show() {
        DataSet dataSet = plan.dataSet();
        around.statuses()
                .accept(new ProducerStatus(
                        plan.topics().run(),
                        new ProducerStatus.DataSetInfo(
                                dataSet.spec().toString(),
                                dataSet.size(),
                                dataSet.report().bad(),
                                dataSet.fingerprint(),
                                plan.order().seed()),
                        nextIndex,
                        ledger.counts(),
                        ledger.heldSince(nowMs() - WORKING_WITHIN_MS),
                        ledger.totals(),
                        plan.admission().limit(feed.policy(), ledger.totals()),
                        new ProducerStatus.Attempts(
                                around.metrics().attemptsOver(),
                                around.metrics().reissued()),
                        liveness.caughtUp(),
                        around.admissionWait().whatFor(),
                        around.admissionWait().sinceMs(),
                        exhausted,
                        feed.policy(),
                        edges.evaluations().figures()));
    }

    /** Ends a wait for records; any thread. */
    void wakeup() {
        edges.tail().wakeup();
    }

    @Override
    public void close() {
        edges.meters().close();
        edges.heart().close();
        edges.publisher().close();
        edges.tail().consumer().close(CloseOptions.timeout(CLOSE_LIMIT));
    }
}
