package io.millrace.producer;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.publish.FencedException;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.PromptPublisher;
import io.millrace.producer.publish.PublishedTask;
import io.millrace.producer.source.DataSet;
import io.millrace.producer.source.PromptOrder;
import io.millrace.producer.source.ResumeCheck;
import io.millrace.producer.source.TaskFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The single owner of the follower, the ledger and the publisher. What is published is fed to the ledger from the
 * publisher's own answer, so {@code prompts} is read only at the start. {@link #rebuild} comes first, on any thread; then
 * one thread turns.
 */
final class ProducerLoop implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(ProducerLoop.class);

    /** How long a turn waits for records; a record that arrives ends the wait. */
    private static final Duration POLL_LIMIT = Duration.ofMillis(100);

    /**
     * What does not change: the order of the prompts and the limits.
     *
     * @param batchMax groups of one transaction
     * @param brokerLimit how long the broker may take to answer, each time
     */
    record Plan(
            RunTopics topics,
            DataSet dataSet,
            PromptOrder order,
            TaskFactory tasks,
            Admission admission,
            int batchMax,
            Duration brokerLimit) {}

    /** What it owns and closes. */
    record Edges(TopicTail tail, PromptLog promptLog, PromptPublisher publisher, QueueWatch queue, LedgerHeart heart) {}

    private final Plan plan;
    private final Edges edges;
    private final Ledger ledger;
    private final LedgerFeed feed;
    private final AdmissionWait wait;
    private final ProducerMetrics metrics;
    private final WallClock clock;
    private final Consumer<ProducerStatus> statuses;
    private long nextIndex;
    private long publishedEnd;
    private boolean exhausted;
    private boolean moreToPublish;

    /** @param statuses gets the newest status after the start and after each turn */
    ProducerLoop(
            Plan plan,
            Edges edges,
            Ledger ledger,
            LedgerFeed feed,
            AdmissionWait wait,
            ProducerMetrics metrics,
            WallClock clock,
            Consumer<ProducerStatus> statuses) {
        this.plan = plan;
        this.edges = edges;
        this.ledger = ledger;
        this.feed = feed;
        this.wait = wait;
        this.metrics = metrics;
        this.clock = clock;
        this.statuses = statuses;
    }

    /**
     * Takes the run over and learns where it stands, from the topics alone:
     *
     * <ol>
     *   <li>checks the data set against the last task, so that a mistaken start leaves a running producer alone;
     *   <li>fences older producers, reads the last task again, now final, and checks again;
     *   <li>reads {@code steps} and {@code policy} to the end: what is settled;
     *   <li>reads {@code prompts} from the lowest unsettled group;
     *   <li>reads {@code receipts} and {@code workers} to the end, and goes on following all four.
     * </ol>
     *
     * @throws SettingException when the run was begun with other prompts
     */
    void rebuild() throws Exception {
        nextIndex(edges.promptLog().last());
        edges.publisher().open();
        nextIndex = nextIndex(edges.promptLog().last());
        RunTopics topics = plan.topics();
        TopicTail tail = edges.tail();
        tail.follow(List.of(topics.steps(), topics.policy()), plan.brokerLimit());
        tail.readToEnd(feed::accept, plan.brokerLimit());
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (TopicPartition partition : tail.consumer().assignment()) {
            positions.put(partition, tail.consumer().position(partition, plan.brokerLimit()));
        }
        edges.promptLog().from(new GroupIndex(ledger.counts().lowWaterMark()), this::published);
        Collection<TopicPartition> more =
                List.of(new TopicPartition(topics.receipts(), 0), new TopicPartition(topics.workers(), 0));
        positions.putAll(tail.consumer().beginningOffsets(more, plan.brokerLimit()));
        tail.followFrom(positions);
        tail.readToEnd(feed::accept, plan.brokerLimit());
        feed.live();
        log.info("run {} goes on at group {}: {}", topics.run(), nextIndex, ledger.counts());
        show();
    }

    private long nextIndex(@Nullable PublishedTask last) {
        return switch (ResumeCheck.decide(
                last == null ? null : last.task(),
                plan.dataSet(),
                plan.order(),
                plan.tasks().samplesPerGroup())) {
            case ResumeCheck.Decision.Begin begin -> begin.group().value();
            case ResumeCheck.Decision.Refuse refuse ->
                throw SettingException.impossible("--dataset, --seed, --shuffle", refuse.reason());
        };
    }

    private void published(PublishedTask published) {
        ledger.published(published.task(), published.offset(), clock.millis());
        publishedEnd = published.offset() + 1;
    }

    /**
     * One turn:
     *
     * <ol>
     *   <li>waits for records of the followed topics, not at all while there is more to publish, and feeds the ledger;
     *   <li>takes how far the share group has come, where the broker has told it;
     *   <li>sends the heartbeat when it is time;
     *   <li>publishes at most one batch of what admission allows, or shows what is waited for;
     *   <li>shows the status.
     * </ol>
     */
    @Override
    public void runOnce() throws Exception {
        edges.tail().poll(moreToPublish ? Duration.ZERO : POLL_LIMIT, feed::accept);
        edges.queue().turn(publishedEnd).ifPresent(offset -> ledger.queueStart(offset, clock.millis()));
        edges.heart().turn();
        admit();
        show();
    }

    private void admit() throws FencedException, BadRecordException {
        moreToPublish = false;
        exhausted = false;
        switch (plan.admission().decide(feed.policy(), ledger.totals(), nextIndex)) {
            case Admission.Decision.Publish publish -> {
                wait.over();
                publish((int) Math.min(publish.groups(), plan.batchMax()));
                moreToPublish = publish.groups() > plan.batchMax();
            }
            case Admission.Decision.Wait waiting -> wait.waiting(waiting.whatFor());
            case Admission.Decision.Exhausted end -> {
                exhausted = true;
                wait.waiting("exhausted: " + end.why());
            }
        }
    }

    private void publish(int groups) throws FencedException, BadRecordException {
        List<TrainingTask> batch = new ArrayList<>(groups);
        long nowMs = clock.millis();
        for (long index = nextIndex; index < nextIndex + groups; index++) {
            batch.add(plan.tasks().task(new GroupIndex(index), feed.policy(), nowMs));
        }
        switch (edges.publisher().publish(batch)) {
            case PromptPublisher.Outcome.Committed committed -> {
                committed.tasks().forEach(this::published);
                nextIndex += groups;
                metrics.published(groups);
            }
            case PromptPublisher.Outcome.NotCommitted not -> {
                log.warn("groups {} and on not published, trying again", nextIndex, not.cause());
            }
        }
    }

    private void show() {
        DataSet dataSet = plan.dataSet();
        statuses.accept(new ProducerStatus(
                plan.topics().run(),
                new ProducerStatus.DataSetInfo(
                        dataSet.spec().toString(),
                        dataSet.size(),
                        dataSet.report().bad(),
                        dataSet.fingerprint(),
                        plan.order().seed()),
                nextIndex,
                ledger.counts(),
                ledger.totals(),
                plan.admission().limit(feed.policy(), ledger.totals()),
                wait.whatFor(),
                wait.sinceMs(),
                exhausted,
                feed.policy()));
    }

    @Override
    public void wakeup() {
        edges.tail().wakeup();
    }

    @Override
    public void close() {
        edges.heart().close();
        edges.publisher().close();
        edges.tail().close();
    }
}
