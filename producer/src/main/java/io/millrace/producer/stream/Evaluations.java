package io.millrace.producer.stream;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.EvalBook;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.source.EvalTasks;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetException;
import io.millrace.producer.status.ProducerMetrics;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Issues the tasks of evaluations, and keeps the account of {@code evals}. All tasks of an evaluation go out in one
 * transaction with the record that says so, so there is no half of one. Data sets are read on another thread. Part of a
 * session, and of its one owner.
 */
public final class Evaluations {
    private static final Logger log = LoggerFactory.getLogger(Evaluations.class);

    /** Of the process's health: waits while a read of a data set hangs. */
    public static final String PART = "evaluations";

    private final GroupStream stream;
    private final EvalTasks maker;
    private final EvalRead.Loader loader;
    private final RunPublisher publisher;
    private final ProducerMetrics metrics;
    private final WallClock clock;
    private final Ticker ticker;
    private final EvalLoads loads;
    private final Health health;
    private final EvalBook book = new EvalBook();

    /**
     * @param loader reads data sets; the maker's
     * @param publisher the session's; not owned
     * @param loads the process's; outlives the session
     */
    public Evaluations(
            GroupStream stream,
            EvalTasks maker,
            EvalRead.Loader loader,
            RunPublisher publisher,
            EvalLoads loads,
            Health health,
            ProducerMetrics metrics,
            WallClock clock,
            Ticker ticker) {
        this.stream = stream;
        this.maker = maker;
        this.loader = loader;
        this.publisher = publisher;
        this.loads = loads;
        this.health = health;
        this.metrics = metrics;
        this.clock = clock;
        this.ticker = ticker;
    }

    public GroupStream stream() {
        return stream;
    }

    /** The task of a further attempt; none without the one before it, since only that says what it is. */
    public static @Nullable TrainingTask again(
            GroupIndex group,
            @Nullable TrainingTask before,
            Attempt attempt,
            Policy policy,
            long nowMs,
            AttemptHistory history) {
        return before == null ? null : before.again(attempt, policy.lineage(), policy.weightVersion(), nowMs, history);
    }

    /** A record of {@code evals}. */
    public void accept(EvalRecord record) {
        book.accept(record);
        // Its tasks' record stands before it, so of a group that is not open nothing is waited for.
        if (record instanceof EvalRecord.Missing missing && book.isOpen(missing.groupIndex())) {
            var _ = stream.ledger().step(missing.result());
        }
        closeOver();
    }

    private void closeOver() {
        book.takeOver().forEach(range -> stream.ledger().close(range.from(), range.to()));
    }

    /** Reads back what stands on the lane; when {@code evals} was read to its end. */
    public void readTasks() throws Exception {
        stream.tasks(Lane.EVALUATION).all(task -> {
            book.stands(task.task().groupIndex(), task.offset());
            stream.stands(Lane.EVALUATION, task);
        });
        book.allStand();
        closeOver();
    }

    /** Issues the oldest evaluation that may begin. */
    public void turn(Policy policy) {
        loads.current().ifPresent(read -> goOn(read, policy));
        Optional<String> hanging = loads.hanging(ticker.millis());
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
    private void goOn(EvalRead read, Policy policy) {
        EvalRecord.Request request = read.request();
        if (!book.isWaiting(request)) {
            loads.end(ticker.millis());
            return;
        }
        EvalBook.Start start = EvalBook.start(request, policy);
        if (start == EvalBook.Start.NEVER) {
            loads.end(ticker.millis());
            failOfOtherLineage(request, policy);
        } else if (read.failure().isPresent()) {
            loads.end(ticker.millis());
            fail(request, read.failure().get());
        } else if (start == EvalBook.Start.NOW && read.isRead()) {
            loads.end(ticker.millis());
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
                say(note);
            }
            case TOO_MANY -> {
                return false;
            }
        }
        return true;
    }

    private void say(EvalRecord record) {
        publisher.publish(List.of(new RunPublisher.Item.Evaluation(record)));
        accept(record);
    }

    private void issue(EvalRecord.Request request, List<DataSet> dataSets, Policy policy) {
        GroupIndex first = book.nextIndex();
        long nowMs = clock.millis();
        List<TrainingTask> tasks;
        try {
            tasks = maker.tasks(request, dataSets, first, policy, nowMs);
        } catch (DataSetException e) {
            fail(request, String.valueOf(e.getMessage()));
            return;
        }
        EvalRecord.Issued issued = new EvalRecord.Issued(
                request.evalId(),
                first,
                dataSets.stream().map(DataSet::size).toList(),
                policy.lineage(),
                policy.weightVersion(),
                nowMs);
        List<Long> offsets = stream.issue(tasks, new RunPublisher.Item.Evaluation(issued));
        for (int i = 0; i < offsets.size(); i++) {
            book.stands(tasks.get(i).groupIndex(), offsets.get(i));
        }
        accept(issued);
        log.info(
                "evaluation {} issued: {} prompts at weight version {}",
                request.evalId(),
                tasks.size(),
                policy.weightVersion());
    }

    private void fail(EvalRecord.Request request, String cause) {
        say(new EvalRecord.Failed(request.evalId(), cause, clock.millis()));
        metrics.count(ProducerMetrics.Count.EVALUATION_FAILED, 1);
        log.warn("evaluation {} cannot be issued: {}", request.evalId(), cause);
    }

    /**
     * What no open evaluation needs may go: nobody works for one that is closed. The last task stays while no record says
     * the next group's index.
     */
    public void trim(RecordTrimmer trimmer, RunTopics topics) {
        stream.trim(trimmer, topics, book.neededTask().orElse(Long.MAX_VALUE));
    }

    /** Evaluations asked for and not closed. */
    public int open() {
        return book.open();
    }
}
