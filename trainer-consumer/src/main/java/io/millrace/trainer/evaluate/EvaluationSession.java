package io.millrace.trainer.evaluate;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.evaluate.EvaluationWiring.Surroundings;
import io.millrace.trainer.evaluate.score.Evaluation;
import io.millrace.trainer.evaluate.score.EvaluationAges;
import io.millrace.trainer.evaluate.score.EvaluationClaims;
import io.millrace.trainer.evaluate.score.EvaluationLog;
import io.millrace.trainer.evaluate.score.EvaluationSchedule;
import io.millrace.trainer.evaluate.score.ReportEnds;
import io.millrace.trainer.results.MissingResults;
import io.millrace.trainer.results.PartsAgain;
import io.millrace.trainer.results.ResultEnds;
import io.millrace.trainer.results.ResultParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evaluations as they were read from the topics, and the client that goes on reading them. Thrown away when the client
 * fails. {@link #open} comes first; one owner, but for {@link #wakeup}.
 */
final class EvaluationSession implements SessionLoop.Session {
    private static final Logger log = LoggerFactory.getLogger(EvaluationSession.class);

    /** How long a turn waits for records; also how late a report may be that the time brings. */
    private static final Duration POLL_LIMIT = Duration.ofMillis(500);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    /** What became of evaluations that were due by themselves, since the process began. */
    static final class Decided {
        /** Asked for or left out; also when the log of evaluations has forgotten it. */
        private @Nullable String newest;

        private long leftOut;
    }

    private final Surroundings around;
    private final EvaluationSchedule schedule;
    private final TopicTail tail;
    private final PartitionReader parts;
    private final ResultParser parser;
    private final ScoreIntake scores;
    private final EvalWriter writer;
    private final RecordTrimmer trimmer;
    private final EvaluationMetrics metrics;
    private final EvaluationView view;
    private final WallClock clock;
    private final Ticker ticker;
    private final EvaluationLog evaluations = new EvaluationLog();
    private final Claims claims;
    private final EvaluationClaims ofEvaluations;
    private final MissingResults missing;
    private final EvaluationAges ages = new EvaluationAges();
    private final Decided decided;
    private final ReportEnds reports;

    private List<TopicPartition> results = List.of();
    private Policy policy = Policy.initial();
    private boolean live;

    /**
     * @param clients make its readers, which it owns
     * @param ends of the partitions of {@code eval-results}
     * @param decided outlives the session
     */
    EvaluationSession(
            Surroundings around,
            KafkaClients clients,
            ResultEnds ends,
            EvalWriter writer,
            RecordTrimmer trimmer,
            EvaluationMetrics metrics,
            EvaluationView view,
            WallClock clock,
            Ticker ticker,
            Decided decided) {
        this.around = around;
        this.schedule = around.settings().schedule(around.batchGroups());
        this.reports = new ReportEnds(around.settings().keep());
        RunTopics topics = around.topics();
        this.parts = new PartitionReader(
                new TopicTail(clients.follower(topics.run() + ".trainer.evaluations.parts")), around.brokerTimeout());
        this.tail = new TopicTail(clients.follower(topics.run() + ".trainer.evaluations"));
        this.parser = new ResultParser(
                topics.run(),
                around.partitions(),
                ResultParser.ANY_SAMPLES,
                around.partBytesMax(),
                PartsAgain.from(parts, topics.results(GroupKind.EVALUATION)));
        this.claims = new Claims(evaluations, around.missingResultTimeout().toNanos());
        this.ofEvaluations = new EvaluationClaims(evaluations, claims);
        this.missing = new MissingResults(claims, ends, ticker, metrics::unfollowed);
        this.scores = new ScoreIntake(parser, evaluations, claims, metrics);
        this.writer = writer;
        this.trimmer = trimmer;
        this.metrics = metrics;
        this.view = view;
        this.clock = clock;
        this.ticker = ticker;
        this.decided = decided;
    }

    /**
     * Reads what stands on the topics: what was asked for and reported, then all receipts (the producer deletes those of
     * evaluations that are over), then the results that no report holds.
     */
    @Override
    public void open() throws Exception {
        TopicPartition evals = new TopicPartition(around.topics().evals(), 0);
        TopicPartition weights = new TopicPartition(around.topics().policy(), 0);
        TopicPartition receipts = new TopicPartition(around.topics().receipts(GroupKind.EVALUATION), 0);
        tail.follow(List.of(evals.topic(), weights.topic()), around.brokerTimeout());
        tail.readToEnd(this::accept, around.brokerTimeout());
        Map<TopicPartition, Long> from = positions(List.of(evals, weights));
        from.putAll(tail.consumer().beginningOffsets(List.of(receipts), around.brokerTimeout()));
        tail.followFrom(from);
        tail.readToEnd(this::accept, around.brokerTimeout());
        from = positions(List.of(evals, weights, receipts));
        results =
                tail
                        .consumer()
                        .partitionsFor(around.topics().results(GroupKind.EVALUATION), around.brokerTimeout())
                        .stream()
                        .map(info -> new TopicPartition(info.topic(), info.partition()))
                        .toList();
        Map<Integer, Long> begins = byPartition(tail.consumer().beginningOffsets(results, around.brokerTimeout()));
        Map<Integer, Long> readFrom = reports.readFrom(
                begins, byPartition(tail.consumer().endOffsets(results, around.brokerTimeout())), claims.lowest());
        // What reports say of a log that was cut since is known to be wrong only now.
        mayDelete();
        for (TopicPartition partition : results) {
            from.put(partition, readFrom.getOrDefault(partition.partition(), 0L));
        }
        ofEvaluations.readFrom(begins, readFrom);
        tail.followFrom(from);
        tail.readToEnd(this::accept, around.brokerTimeout());
        live = true;
        ages.allRead(ticker.millis());
        show();
    }

    private Map<TopicPartition, Long> positions(List<TopicPartition> partitions) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        partitions.forEach(
                partition -> positions.put(partition, tail.consumer().position(partition, around.brokerTimeout())));
        return positions;
    }

    private static Map<Integer, Long> byPartition(Map<TopicPartition, Long> offsets) {
        Map<Integer, Long> byPartition = new HashMap<>();
        offsets.forEach((partition, offset) -> byPartition.put(partition.partition(), offset));
        return byPartition;
    }

    /** Takes in what has come, says what of it is missing, asks for what is due by itself, and reports what has ended. */
    void turn() throws Exception {
        try {
            tail.poll(POLL_LIMIT, this::accept);
        } catch (WakeupException e) {
            return;
        }
        sayMissing();
        schedule();
        report();
        trimmer.turn();
        show();
    }

    private void accept(ConsumerRecord<byte[], byte[]> record) throws Exception {
        String topic = record.topic();
        if (!live) {
            ages.readBack(record.timestamp());
        }
        try {
            if (topic.equals(around.topics().evals())) {
                evaluation(ControlCodec.decode(record.value(), EvalRecord.class), record.timestamp());
            } else if (topic.equals(around.topics().policy())) {
                policy = ControlCodec.decode(record.value(), Policy.class);
            } else if (topic.equals(around.topics().receipts(GroupKind.EVALUATION))) {
                receipt(ControlCodec.decode(record.value(), Receipt.class), record.offset());
            } else {
                scores.take(record);
            }
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            log.warn("skipped {} offset {}: {}", topic, record.offset(), e.getMessage());
            metrics.skipped();
        }
    }

    private void evaluation(EvalRecord record, long brokerMs) {
        if (!live && record instanceof EvalRecord.Request) {
            ages.readBack(record.evalId(), brokerMs);
        }
        evaluation(record);
        switch (record) {
            case EvalRecord.Report report -> {
                reports.reported(report.resultsFrom());
                metrics.reported(report, live);
                if (live) {
                    mayDelete();
                }
            }
            case EvalRecord.Failed failed -> {
                if (live) {
                    metrics.failed();
                    log.warn("evaluation {} has failed: {}", failed.evalId(), failed.cause());
                }
            }
            case EvalRecord.Cancelled cancelled -> {
                if (live) {
                    metrics.cancelled();
                    log.info("evaluation {} is cancelled", cancelled.evalId());
                }
            }
            case EvalRecord.Request _, EvalRecord.Loading _, EvalRecord.Issued _, EvalRecord.Missing _ ->
                log.debug("{}", record);
        }
    }

    private void evaluation(EvalRecord record) {
        evaluations.accept(record);
        ofEvaluations.evaluationsChanged(ticker.nanos());
        checkNoneLeftOut();
        switch (record) {
            case EvalRecord.Request request -> {
                if (live) {
                    ages.arrived(request.evalId(), ticker.millis());
                }
            }
            case EvalRecord.Failed _, EvalRecord.Cancelled _, EvalRecord.Report _ -> ages.ended(record.evalId());
            case EvalRecord.Loading _, EvalRecord.Issued _, EvalRecord.Missing _ -> {}
        }
    }

    /** Below the results of the newest reports that are kept. */
    private void mayDelete() {
        reports.deletableBelow()
                .forEach((partition, offset) -> trimmer.mayDeleteBelow(
                        new TopicPartition(around.topics().results(GroupKind.EVALUATION), partition), offset));
    }

    private void receipt(Receipt receipt, long offset) throws BadRecordException {
        if (!ofEvaluations.claimed(receipt, offset, ticker.nanos())) {
            throw new BadRecordException(
                    "a receipt of group " + receipt.groupIndex() + ", which no evaluation has: too many of those wait");
        }
        checkNoneLeftOut();
    }

    /** A receipt waits for the record of its tasks, so a record of either topic may show it. */
    private void checkNoneLeftOut() {
        ofEvaluations.leftOut().ifPresent(receipt -> {
            throw new TruncatedLogException("the result of group " + receipt.groupIndex() + " by its receipt ("
                    + receipt.outcome() + ") stands where by the newest report "
                    + around.topics().results(GroupKind.EVALUATION)
                    + " has those of older evaluations: the broker has lost what stood there");
        });
    }

    /** Puts on record which of the results that receipts name are not there, so that their groups are issued again. */
    private void sayMissing() throws InterruptedException {
        List<EvalRecord.Missing> gone = ofEvaluations.records(
                missing.turn(results, partition -> tail.consumer().position(partition, around.brokerTimeout())));
        if (gone.isEmpty()) {
            return;
        }
        write(gone);
        metrics.missing(gone.size());
        EvalRecord.Missing first = gone.getFirst();
        log.warn(
                "{} results of evaluations are not where their receipts say, their groups are issued again; the first is of"
                        + " group {} attempt {} at partition {} offsets {}: {}",
                gone.size(),
                first.groupIndex(),
                first.attempt(),
                first.partition(),
                first.offsets(),
                first.reason().text());
    }

    /** Asked for once: the id belongs to the weights, so that a restart asks for nothing again. */
    private void schedule() throws InterruptedException {
        String due = schedule.due(policy).orElse(null);
        if (due == null || evaluations.knows(due) || due.equals(decided.newest)) {
            return;
        }
        if (evaluations.open() >= around.settings().openMax()) {
            decided.newest = due;
            decided.leftOut++;
            metrics.leftOut();
            log.warn(
                    "evaluation {} is left out: {} are under way, at most {} may be (--evals-open-max)",
                    due,
                    evaluations.open(),
                    around.settings().openMax());
            return;
        }
        write(List.of(new EvalRecord.Request(
                due,
                policy.lineage(),
                policy.weightVersion(),
                policy.words().offset(),
                around.settings().evalDataSets(),
                clock.millis(),
                around.settings().timeLimit().toMillis())));
        decided.newest = due;
    }

    private void report() throws InterruptedException {
        for (Evaluation evaluation : evaluations.all()) {
            String id = evaluation.request().evalId();
            if (evaluation.isDue(ages.ageMs(id, ticker.millis()))) {
                EvalRecord.Report report = evaluation.report(
                        clock.millis(), evaluations.resultsFrom(id, positions(), parser.neededFrom()));
                write(List.of(report));
                log.info("evaluation {}: {}", id, report.dataSets());
            }
        }
    }

    private Map<Integer, Long> positions() {
        return byPartition(positions(results));
    }

    /** Durable when it returns; taken in at once, and known when it is read back. */
    private void write(List<? extends EvalRecord> records) throws InterruptedException {
        List<Future<RecordMetadata>> sent = new ArrayList<>(records.size());
        records.forEach(record -> sent.add(writer.send(record)));
        for (Future<RecordMetadata> one : sent) {
            try {
                var _ = one.get(around.brokerTimeout().toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
                throw new KafkaException("the broker has not taken a record of evaluations", e);
            }
        }
        records.forEach(this::evaluation);
    }

    private void show() {
        view.show(evaluations.all().stream().map(Evaluation::status).toList(), decided.leftOut);
    }

    @Override
    public void wakeup() {
        tail.wakeup();
    }

    @Override
    public void close() {
        tail.consumer().close(CloseOptions.timeout(CLOSE_LIMIT));
        parts.close();
    }
}
