package io.millrace.producer.stream;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.Policy;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.ledger.group.Issue;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.PublishedTask;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.queue.QueueLag;
import io.millrace.producer.queue.QueueWatch;
import io.millrace.producer.status.ProducerMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups of one kind on their way: published on a lane, taken from it, over without a result, and then issued again or
 * given up. Training and evaluations have one each, with a ledger of its own: they share limits and rules, and no group.
 * What is published is fed to the ledger from the publisher's own answer, so the lanes are read only at the start, and
 * where a task is issued again; in memory the tasks would be most of what an unsettled group costs. Part of a session, and
 * of its one owner.
 */
public final class GroupStream {
    private static final Logger log = LoggerFactory.getLogger(GroupStream.class);

    /**
     * A lane at the broker.
     *
     * @param queue how far workers have come
     * @param tasks what stands there
     */
    public record LaneEdge(QueueWatch queue, PromptLog tasks) {}

    /** Makes the tasks of further attempts. */
    @FunctionalInterface
    public interface Remake {
        /**
         * @param before the newest task as it stands on its lane; null when it stands there no more
         * @param nowMs wall clock
         * @return null when it cannot be made from that
         */
        @Nullable
        TrainingTask again(
                GroupIndex group,
                @Nullable TrainingTask before,
                Attempt attempt,
                Policy policy,
                long nowMs,
                AttemptHistory history);
    }

    private record Answered(Decision decision, RunPublisher.Item item) {}

    /** One that cannot be made anew is due again and again. */
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

    private final Ledger ledger;
    private final EverySoOften missingTasks;
    private final Map<Lane, LaneEdge> lanes;
    private final Remake remake;
    private final RunPublisher publisher;
    private final ProducerMetrics metrics;
    private final WallClock clock;
    private final Ticker ticker;
    /** Of each lane: one above the offset of its newest task that is known to be committed. */
    private final Map<Lane, Long> ends = new EnumMap<>(Lane.class);

    /**
     * @param ledger new
     * @param lanes those of the ledger's kind
     * @param publisher the session's; not owned
     */
    public GroupStream(
            Ledger ledger,
            Map<Lane, LaneEdge> lanes,
            Remake remake,
            RunPublisher publisher,
            ProducerMetrics metrics,
            WallClock clock,
            Ticker ticker) {
        this.ledger = ledger;
        this.lanes = new EnumMap<>(lanes);
        this.remake = remake;
        this.publisher = publisher;
        this.metrics = metrics;
        this.clock = clock;
        this.ticker = ticker;
        this.missingTasks = new EverySoOften(BETWEEN_LINES, ticker);
    }

    public Ledger ledger() {
        return ledger;
    }

    /** What stands on a lane of this kind. */
    public PromptLog tasks(Lane lane) {
        return edge(lane).tasks();
    }

    private LaneEdge edge(Lane lane) {
        LaneEdge edge = lanes.get(lane);
        if (edge == null) {
            throw new IllegalArgumentException(
                    lane + " has no groups of " + ledger.kind().word());
        }
        return edge;
    }

    /** A task stands on a lane, committed. */
    public void stands(Lane lane, PublishedTask published) {
        ends.merge(lane, published.offset() + 1, Math::max);
        if (!ledger.published(lane, published.task(), published.offset(), ticker.millis())) {
            log.warn(
                    "{} offset {}: group {} was never published, passed over",
                    lane,
                    published.offset(),
                    published.task().groupIndex());
        }
    }

    /** One above the offset of the lane's newest task that this session read or wrote; 0 for none. */
    long end(Lane lane) {
        return ends.getOrDefault(lane, 0L);
    }

    /**
     * Publishes first attempts, all or none.
     *
     * @param also what is to stand with them, or none of it
     * @return the offsets of the tasks
     */
    List<Long> issue(List<TrainingTask> tasks, RunPublisher.Item... also) {
        Lane lane = Lane.first(ledger.kind());
        List<RunPublisher.Item> items = new ArrayList<>(tasks.size() + also.length);
        tasks.forEach(task -> items.add(new RunPublisher.Item.Task(lane, task)));
        items.addAll(List.of(also));
        List<Long> offsets = publisher.publish(items).subList(0, tasks.size());
        for (int i = 0; i < tasks.size(); i++) {
            stands(lane, new PublishedTask(tasks.get(i), offsets.get(i)));
        }
        metrics.issued(ledger.kind(), tasks.size());
        return offsets;
    }

    /**
     * Takes how far the share groups have come, where the broker has told it.
     *
     * @param lag is told what waits then
     * @throws io.millrace.common.kafka.TruncatedLogException when a lane has lost what stood on it
     */
    public void takeQueues(QueueLag lag) throws InterruptedException {
        for (Map.Entry<Lane, LaneEdge> one : lanes.entrySet()) {
            Lane lane = one.getKey();
            QueueWatch queue = one.getValue().queue();
            OptionalLong start = queue.turn(end(lane));
            if (start.isPresent()) {
                ledger.queueStart(lane, start.getAsLong(), ticker.millis());
            }
            queue.standing()
                    .ifPresent(told -> lag.stands(
                            lane,
                            told.end(),
                            waiting(lane, told),
                            ledger.counts().unfinished()));
        }
    }

    /** For how long the oldest task has waited that nobody is known to have taken; 0 for none. */
    public long oldestQueuedMs(long nowMs) {
        long oldestMs = nowMs;
        for (Lane lane : lanes.keySet()) {
            oldestMs = Math.min(oldestMs, ledger.queued(lane).oldestSinceMs().orElse(nowMs));
        }
        return nowMs - oldestMs;
    }

    /** Neither the ledger's count nor the broker's is ever too low, so the lower one is nearer. */
    private long waiting(Lane lane, QueueWatch.Standing told) {
        long known = ledger.queued(lane).count(0, told.end());
        return told.lag().isEmpty()
                ? known
                : Math.min(known, told.lag().getAsLong() + ledger.queued(lane).count(told.publishedEnd(), told.end()));
    }

    /**
     * Issues again what is over without a result, and gives up what has used up its attempts, in one transaction.
     *
     * @param max how many groups at most
     * @return whether there may be more
     */
    public boolean recover(Policy policy, Liveness liveness, int max) throws Exception {
        ledger.doubtful(liveness, ticker.millis())
                .forEach(index -> log.warn(
                        "{} group {} was given up, and the receipt that says so was not read back: the broker has lost it",
                        ledger.kind().word(),
                        index));
        List<Decision> decisions = ledger.due(liveness, ticker.millis(), max);
        Map<GroupIndex, TrainingTask> before = tasksOf(decisions);
        List<Answered> answers = new ArrayList<>();
        for (Decision decision : decisions) {
            RunPublisher.Item item = item(decision, before.get(decision.group()), policy);
            if (item != null) {
                answers.add(new Answered(decision, item));
            }
        }
        if (answers.isEmpty()) {
            return false;
        }
        List<Long> offsets =
                publisher.publish(answers.stream().map(Answered::item).toList());
        for (int i = 0; i < answers.size(); i++) {
            answered(answers.get(i), offsets.get(i));
        }
        return decisions.size() == max;
    }

    /** The newest tasks of these groups, read back from their lanes, which keep them until they are settled. */
    private Map<GroupIndex, TrainingTask> tasksOf(List<Decision> decisions) throws Exception {
        Map<Lane, List<Long>> offsets = new EnumMap<>(Lane.class);
        for (Decision decision : decisions) {
            Issue issue = ledger.issue(decision.group());
            if (issue != null) {
                offsets.computeIfAbsent(issue.lane(), _ -> new ArrayList<>()).add(issue.offset());
            }
        }
        Map<GroupIndex, TrainingTask> tasks = new HashMap<>();
        for (Map.Entry<Lane, List<Long>> lane : offsets.entrySet()) {
            tasks(lane.getKey()).at(lane.getValue()).values().forEach(task -> tasks.put(task.groupIndex(), task));
        }
        return tasks;
    }

    private RunPublisher.@Nullable Item item(Decision decision, @Nullable TrainingTask before, Policy policy) {
        if (before == null && missingTasks.isDue()) {
            log.warn(
                    "the task of {} group {} stands on its lane no more: where that can be, it is made anew, with sampling as"
                            + " it is set now",
                    ledger.kind().word(),
                    decision.group());
        }
        long nowMs = clock.millis();
        return switch (decision) {
            case Decision.Reissue again -> {
                TrainingTask task =
                        remake.again(again.group(), before, again.attempt(), policy, nowMs, again.history());
                yield task == null
                        ? null
                        : new RunPublisher.Item.Task(
                                Lane.later(ledger.kind()), task.from(again.partial(policy.lineage())));
            }
            case Decision.Abandon end -> {
                Issue last = end.last();
                yield new RunPublisher.Item.Abandonment(
                        ledger.kind(),
                        end,
                        before != null
                                ? before
                                : remake.again(end.group(), null, last.attempt(), policy, nowMs, last.history()));
            }
        };
    }

    private void answered(Answered answer, long offset) {
        Decision decision = answer.decision();
        if (answer.item() instanceof RunPublisher.Item.Task again) {
            stands(again.lane(), new PublishedTask(again.task(), offset));
            log.info(
                    "{} group {} issued again as attempt {}: {}",
                    ledger.kind().word(),
                    decision.group(),
                    again.task().attempt(),
                    decision.history().ends().getLast());
        } else if (decision instanceof Decision.Abandon end) {
            ledger.givingUp(end.group(), end.number(), ticker.millis());
            log.warn("{} group {} given up: {}", ledger.kind().word(), decision.group(), decision.history());
        }
        metrics.decided(ledger.kind(), decision);
    }

    /**
     * What no unsettled group needs may go.
     *
     * @param keptFrom the lane of first attempts keeps what stands from here on, whoever needs it
     */
    void trim(RecordTrimmer trimmer, RunTopics topics, long keptFrom) {
        for (Lane lane : lanes.keySet()) {
            long needed = ledger.neededFrom(TrimmedTopic.of(lane));
            trimmer.mayDeleteBelow(
                    new TopicPartition(topics.lane(lane), 0),
                    lane == Lane.first(ledger.kind()) ? Math.min(needed, keptFrom) : needed);
        }
        trimmer.mayDeleteBelow(
                new TopicPartition(topics.receipts(ledger.kind()), 0), ledger.neededFrom(TrimmedTopic.RECEIPTS));
    }
}
