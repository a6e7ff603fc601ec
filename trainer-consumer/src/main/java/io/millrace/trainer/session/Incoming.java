package io.millrace.trainer.session;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Snapshot.ResultsRead;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.journal.StepWriter;
import io.millrace.trainer.journal.StepsReader;
import io.millrace.trainer.results.MissingResults;
import io.millrace.trainer.results.PartsAgain;
import io.millrace.trainer.results.ResultEnds;
import io.millrace.trainer.results.ResultParser;
import io.millrace.trainer.steps.StepLedger;
import io.millrace.trainer.trace.GroupSpans;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has come of the topics that a session follows, and what each record of them comes to. Owned by the session. */
final class Incoming {
    private static final Logger log = LoggerFactory.getLogger(Incoming.class);

    private final RunTopics topics;
    private final Tenure tenure;
    private final TrainerMetrics metrics;
    private final Ticker ticker;
    private final Claims claims;
    private final MissingResults missing;
    final RunFit fit;
    final ResultParser parser;
    final Collector collector;
    final Intake intake;
    final StepChooser chooser;
    final GroupSpans spans;
    private final StepLedger ledger;

    /**
     * @param reader by which parts of large groups are read again
     * @param ends of the partitions of results
     */
    Incoming(
            SessionOpener.Plan plan,
            Tenure tenure,
            RunFit fit,
            StepLedger ledger,
            FilterChain filters,
            AbandonedRow abandoned,
            PartitionReader reader,
            ResultEnds ends,
            TrainerMetrics metrics,
            GroupSpans spans,
            Ticker ticker) {
        this.spans = spans;
        this.ledger = ledger;
        this.topics = new RunTopics(plan.topics().run());
        this.tenure = tenure;
        this.fit = fit;
        this.metrics = metrics;
        this.ticker = ticker;
        collector = new Collector(ledger, plan.payloadBytesMax(), ledger.lastSnapshot());
        parser = new ResultParser(
                topics.run(),
                plan.topics().resultPartitions(),
                plan.batch().samplesPerGroup(),
                plan.partBytesMax(),
                PartsAgain.from(reader, topics.results(GroupKind.TRAINING)));
        claims = new Claims(ledger, plan.recovery().missingResultTimeout().toNanos());
        chooser = new StepChooser(plan.gate().gate(plan.batch()), ledger, collector);
        intake = new Intake(parser::won, collector, claims, ledger, filters, abandoned);
        missing =
                new MissingResults(claims, ends, ticker, more -> metrics.count(TrainerMetrics.Count.UNFOLLOWED, more));
    }

    /** @param decided gets what is decided of a result */
    void take(ConsumerRecord<byte[], byte[]> record, Decisions.Collecting decided) throws Exception {
        String topic = record.topic();
        if (topic.equals(topics.results(GroupKind.TRAINING))) {
            result(record, decided);
        } else if (topic.equals(topics.runRecord())) {
            RunRecords.read(record).ifPresent(fit::accept);
        } else if (topic.equals(topics.receipts(GroupKind.TRAINING))) {
            receipt(record);
        } else if (topic.equals(topics.policy())) {
            policy(record);
        } else {
            task(record);
        }
    }

    private void policy(ConsumerRecord<byte[], byte[]> record) {
        StepWriter.tenure(record.headers())
                .filter(other -> other.compareTo(tenure) > 0)
                .ifPresent(newer -> {
                    throw new FencedException("trainer consumer", tenure, newer);
                });
    }

    private void result(ConsumerRecord<byte[], byte[]> record, Decisions.Collecting decided) throws Exception {
        metrics.count(TrainerMetrics.Count.RECEIVED_BYTES, Math.max(0, record.serializedValueSize()));
        spans.arrived(record, index -> collector.hasWon(index) || ledger.isSettled(index));
        long readAgain = parser.groupsReadAgain();
        List<ResultEvent> events = parser.parse(record, collector::hasWon);
        metrics.count(TrainerMetrics.Count.READ_AGAIN, parser.groupsReadAgain() - readAgain);
        for (ResultEvent event : events) {
            decided.add(intake.accept(event, reason -> StepsReader.letter(record, reason)));
        }
    }

    /** Of a prompts lane; what is no task is for the workers to report. */
    private void task(ConsumerRecord<byte[], byte[]> record) {
        try {
            chooser.issued(ControlCodec.decode(record.value(), TrainingTask.class));
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            log.debug("no task at {} offset {}", record.topic(), record.offset(), e);
        }
    }

    private void receipt(ConsumerRecord<byte[], byte[]> record) {
        try {
            claims.claimed(ControlCodec.decode(record.value(), Receipt.class), record.offset(), ticker.nanos());
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            // The producer puts it on record.
            log.debug("no receipt at offset {}", record.offset(), e);
        }
    }

    /** What is decided of results that receipts name and that are not there. */
    Decisions missing(ResultsFeed feed) throws InterruptedException {
        return intake.missing(missing.turn(feed.partitions(), feed::position));
    }

    /** Forgets groups that were settled by an acknowledgement. */
    void settled(List<GroupIndex> groups) {
        for (GroupIndex index : groups) {
            collector.settled(index);
            parser.won(index);
        }
    }

    /** The run as it stands, with what a restart must read again. */
    StepRecord.Snapshot snapshot(StepLedger ledger, ResultsFeed feed) {
        Map<Integer, Long> finished = collector.neededFrom();
        Map<Integer, Long> parts = parser.neededFrom();
        List<ResultsRead> reads = new ArrayList<>();
        for (TopicPartition partition : feed.partitions()) {
            int number = partition.partition();
            long to = feed.position(partition);
            long from = Math.min(to, Math.min(finished.getOrDefault(number, to), parts.getOrDefault(number, to)));
            reads.add(new ResultsRead(number, from, to));
        }
        TopicPartition receipts = new TopicPartition(topics.receipts(GroupKind.TRAINING), 0);
        return ledger.snapshot(reads, claims.receiptsFrom(feed.position(receipts)), collector.duplicates());
    }
}
