package io.millrace.producer.stream;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.EvalBook;
import io.millrace.producer.admission.EvalLoads;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.PublishedTask;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.queue.QueueWatch;
import io.millrace.producer.source.EvalTasks;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetException;
import io.millrace.producer.status.EvaluationMetrics;
import io.millrace.producer.status.ProducerStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Issues the tasks of evaluations, and issues again what fails or is lost, with a ledger of its own: training groups and
 * evaluations share limits and rules, and no group. All tasks of an evaluation go out in one transaction with the record
 * that says so, so there is no half of one. Data sets are read on another thread. Part of a session, and of its one owner.
 */
public final class Evaluations {
    private static final Logger log = LoggerFactory.getLogger(Evaluations.class);

    /** Of the process's health: waits while a read of a data set hangs. */
    static final String PART = "evaluations";

    private final RunTopics topics;
    private final EvalTasks maker;
    private final EvalRead.Loader loader;
    private final PromptLog lane;
    private final RunPublisher publisher;
    private final QueueWatch queue;
    private final Ledger ledger;
    private final EvaluationMetrics metrics;
    private final WallClock clock;
    private final Ticker ticker;
    private final EvalLoads loads;
    private final Health health;
    private final EvalBook book = new EvalBook();
    /** Of groups that are not over. */
    private final Map<GroupIndex, TrainingTask> tasks = new HashMap<>();

    private long publishedEnd;

    /**
     * @param loader reads data sets; the maker's
     * @param lane {@code prompts.eval}
     * @param publisher the session's; not owned
     * @param ledger new, for evaluations only
     * @param loads the process's; outlives the session
     */
    public Evaluations(
            RunTopics topics,
            EvalTasks maker,
            EvalRead.Loader loader,
            PromptLog lane,
            RunPublisher publisher,
            QueueWatch queue,
            Ledger ledger,
            EvalLoads loads,
            Health health,
            EvaluationMetrics metrics,
            WallClock clock,
            Ticker ticker) {
        this.topics = topics;
        this.maker = maker;
        this.loader = loader;
        this.lane = lane;
        this.publisher = publisher;
        this.queue = queue;
        this.ledger = ledger;
        this.loads = loads;
        this.health = health;
        this.metrics = metrics;
        this.clock = clock;
        this.ticker = ticker;
    }

    private long nowMs() {
        return ticker.nanos() / 1_000_000;
    }

    /** A record of {@code evals}. */
    public void accept(EvalRecord record) {
        book.accept(record);
        // Its tasks' record stands before it, so of a group that is not open nothing is waited for.
        if (record instanceof EvalRecord.Missing missing && book.isOpen(missing.groupIndex())) {
            var _ = ledger.step(missing.result());
        }
        over();
    }

    private void over() {
        for (EvalBook.Range range : book.takeOver()) {
            ledger.close(range.from(), range.to());
            tasks.keySet().removeIf(index -> index.compareTo(range.from()) >= 0 && index.compareTo(range.to()) < 0);
        }
    }

    /** Reads back what stands on the lane; when {@code evals} was read to its end. */
    public void readTasks() {
        lane.all(this::published);
        book.allStand();
        over();
    }

    private void published(PublishedTask published) {
        TrainingTask task = published.task();
        publishedEnd = Math.max(publishedEnd, published.offset() + 1);
        book.stands(task.groupIndex(), published.offset());
        ledger.read(TrimmedTopic.EVALUATION, published.offset() + 1);
        if (!book.isOpen(task.groupIndex())) {
            return;
        }
        if (ledger.published(Lane.EVALUATION, task, published.offset(), nowMs())) {
            tasks.put(task.groupIndex(), task);
        }
    }

    /** A record of {@code eval-receipts}. */
    public void receipt(Receipt receipt, long offset) {
        ledger.receipt(receipt, offset, nowMs());
    }

    /** Everything of {@code eval-receipts} up to this offset, exclusive, was read. */
    public void receiptsRead(long end) {
        ledger.read(TrimmedTopic.RECEIPTS, end);
    }

    /** What a worker holds. */
    public void status(WorkersRecord.Status status) {
        ledger.workerStatus(status, nowMs());
    }

    /** Takes how far workers have come, and issues the oldest evaluation that may begin. */
    public void turn(Policy policy) throws Exception {
        OptionalLong start = queue.turn(publishedEnd);
        if (start.isPresent()) {
            ledger.queueStart(Lane.EVALUATION, start.getAsLong(), nowMs());
        }
        issue(policy);
    }

    /**
     * Issues again what is over without a result.
     *
     * @param max how many groups at most
     */
    public void recover(Policy policy, Liveness liveness, int max) {
        var _ = ledger.forgetWorkers(nowMs());
        warnOfDoubtful(ledger.doubtful(liveness, nowMs()));
        List<RunPublisher.Item> items = new ArrayList<>();
        List<Decision> decisions = new ArrayList<>();
        for (Decision decision : ledger.due(liveness, nowMs(), max)) {
            TrainingTask task = tasks.get(decision.group());
            if (task != null) {
                decisions.add(decision);
                items.add(item(decision, task, policy));
            }
        }
        if (items.isEmpty()) {
            return;
        }
        List<Long> offsets = publisher.publish(items);
        for (int i = 0; i < items.size(); i++) {
            decided(decisions.get(i), items.get(i), offsets.get(i));
        }
    }

    /** Says it of each. */
    public static void warnOfDoubtful(List<GroupIndex> groups) {
        groups.forEach(index -> log.warn(
                "group {} was given up, and the receipt that says so was not read back: the broker has lost it",
                index));
    }

    private RunPublisher.Item item(Decision decision, TrainingTask task, Policy policy) {
        return switch (decision) {
            case Decision.Reissue again ->
                new RunPublisher.Item.EvalTask(task.again(
                                again.attempt(),
                                policy.lineage(),
                                policy.weightVersion(),
                                clock.millis(),
                                again.history())
                        .from(again.partial(policy.lineage())));
            case Decision.Abandon end ->
                new RunPublisher.Item.EvalAbandonment(end.group(), end.last().attempt(), end.number(), end.cause());
        };
    }

    private void decided(Decision decision, RunPublisher.Item item, long offset) {
        metrics.decided(decision);
        if (item instanceof RunPublisher.Item.EvalTask again) {
            published(new PublishedTask(again.task(), offset));
            log.info(
                    "evaluation group {} issued again as attempt {}: {}",
                    decision.group(),
                    again.task().attempt(),
                    decision.history().ends().getLast());
        } else if (decision instanceof Decision.Abandon end) {
            ledger.givingUp(end.group(), end.number(), nowMs());
            log.warn("evaluation group {} given up: {}", decision.group(), decision.history());
        }
    }

    private void issue(Policy policy) {
        loads.current().ifPresent(read -> goOn(read, policy));
        Optional<String> hanging = loads.hanging(nowMs());
        if (hanging.isPresent()) {
            // Nothing else of the run needs it, so the producer stays ready.
            health.waiting(PART, hanging.get());
            book.due(policy).ifPresent(request -> refuse(request, policy, hanging.get()));
            return;
        }
        health.running(PART);
        if (loads.isIdle()) {
            book.due(policy).ifPresent(request -> begin(request, policy));
        }
    }

    /** Of what is read, by this session or begun by one before: the policy may have changed since. */
    private void goOn(EvalLoads.Read read, Policy policy) {
        EvalRecord.Request request = read.request();
        if (!book.isWaiting(request)) {
            loads.end(nowMs());
            return;
        }
        EvalBook.Start start = EvalBook.start(request, policy);
        if (start == EvalBook.Start.NEVER) {
            loads.end(nowMs());
            failOfOtherLineage(request, policy);
        } else if (read.failure().isPresent()) {
            loads.end(nowMs());
            fail(request, read.failure().get());
        } else if (start == EvalBook.Start.NOW && read.isRead()) {
            loads.end(nowMs());
            issue(request, read.dataSets(), policy);
        }
    }

    private void begin(EvalRecord.Request request, Policy policy) {
        if (EvalBook.start(request, policy) == EvalBook.Start.NEVER) {
            failOfOtherLineage(request, policy);
        } else if (noteLoad(request)) {
            loads.begun(new EvalRead(request, loader));
        } else {
            fail(
                    request,
                    book.loads(request.evalId())
                            + " producers ended while they read its data sets; one that asks for less may be read");
        }
    }

    private void refuse(EvalRecord.Request request, Policy policy, String hanging) {
        if (EvalBook.start(request, policy) == EvalBook.Start.NEVER) {
            failOfOtherLineage(request, policy);
        } else {
            fail(request, "its data sets cannot be read: " + hanging);
        }
    }

    private void failOfOtherLineage(EvalRecord.Request request, Policy policy) {
        fail(
                request,
                "it was asked for in lineage " + request.lineage() + ", the run is at lineage " + policy.lineage());
    }

    /**
     * Puts on record that this process reads its data sets, before it does.
     *
     * @return false when too many have before
     */
    private boolean noteLoad(EvalRecord.Request request) {
        String id = request.evalId();
        switch (loads.next(book, id)) {
            case BEGUN -> {}
            case FIRST -> {
                EvalRecord.Loading note = new EvalRecord.Loading(id, book.loads(id) + 1, clock.millis());
                loads.noting(id, note.load());
                publisher.publish(List.of(new RunPublisher.Item.Evaluation(note)));
                accept(note);
            }
            case TOO_MANY -> {
                return false;
            }
        }
        return true;
    }

    private void issue(EvalRecord.Request request, List<DataSet> dataSets, Policy policy) {
        EvalTasks.Issue issue;
        try {
            issue = maker.issue(request, dataSets, book.nextIndex(), policy, clock.millis());
        } catch (DataSetException e) {
            fail(request, String.valueOf(e.getMessage()));
            return;
        }
        List<RunPublisher.Item> items = new ArrayList<>();
        issue.tasks().forEach(task -> items.add(new RunPublisher.Item.EvalTask(task)));
        items.add(new RunPublisher.Item.Evaluation(issue.issued()));
        List<Long> offsets = publisher.publish(items);
        accept(issue.issued());
        for (int i = 0; i < issue.tasks().size(); i++) {
            published(new PublishedTask(issue.tasks().get(i), offsets.get(i)));
        }
        metrics.issued(issue.tasks().size());
        log.info(
                "evaluation {} issued: {} prompts at weight version {}",
                request.evalId(),
                issue.tasks().size(),
                policy.weightVersion());
    }

    private void fail(EvalRecord.Request request, String cause) {
        EvalRecord.Failed failed = new EvalRecord.Failed(request.evalId(), cause, clock.millis());
        publisher.publish(List.of(new RunPublisher.Item.Evaluation(failed)));
        accept(failed);
        metrics.failed();
        log.warn("evaluation {} cannot be issued: {}", request.evalId(), cause);
    }

    /**
     * What no open evaluation needs may go: nobody works for one that is closed. The last task stays while no record says
     * the next group's index.
     *
     * @param training whose groups' partial records stand beside those of evaluations
     */
    public void trim(RecordTrimmer trimmer, Ledger training) {
        trimmer.mayDeleteBelow(
                new TopicPartition(topics.partials(), 0), ledger.neededFrom(TrimmedTopic.PARTIALS, training));
        long needed = ledger.neededFrom(TrimmedTopic.EVALUATION);
        trimmer.mayDeleteBelow(
                new TopicPartition(topics.lane(Lane.EVALUATION), 0),
                Math.min(needed, book.neededTask().orElse(needed)));
        trimmer.mayDeleteBelow(
                new TopicPartition(topics.receipts(GroupKind.EVALUATION), 0), ledger.neededFrom(TrimmedTopic.RECEIPTS));
    }

    public ProducerStatus.Evaluations figures() {
        return new ProducerStatus.Evaluations(book.open(), ledger.counts());
    }
}
