package io.millrace.trainer.session;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.journal.StepWriter;
import io.millrace.trainer.journal.StepsReader;
import io.millrace.trainer.results.ResultParser;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a record of each topic that a session follows comes to. Owned by the session. */
final class Incoming {
    private static final Logger log = LoggerFactory.getLogger(Incoming.class);

    private final RunTopics topics;
    private final Tenure tenure;
    private final RunFit fit;
    private final ResultParser parser;
    private final Collector collector;
    private final Intake intake;
    private final Claims claims;
    private final StepChooser chooser;
    private final TrainerMetrics metrics;
    private final Ticker ticker;

    Incoming(
            RunTopics topics,
            Tenure tenure,
            RunFit fit,
            ResultParser parser,
            Collector collector,
            Intake intake,
            Claims claims,
            StepChooser chooser,
            TrainerMetrics metrics,
            Ticker ticker) {
        this.topics = topics;
        this.tenure = tenure;
        this.fit = fit;
        this.parser = parser;
        this.collector = collector;
        this.intake = intake;
        this.claims = claims;
        this.chooser = chooser;
        this.metrics = metrics;
        this.ticker = ticker;
    }

    /** @param decided gets what is decided of a result */
    void take(ConsumerRecord<byte[], byte[]> record, Decisions.Collecting decided) throws Exception {
        String topic = record.topic();
        if (topic.equals(topics.results())) {
            result(record, decided);
        } else if (topic.equals(topics.runRecord())) {
            RunRecords.read(record).ifPresent(fit::accept);
        } else if (topic.equals(topics.receipts())) {
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
            log.debug("no task at {} offset {}", record.topic(), record.offset(), e);
        }
    }

    private void receipt(ConsumerRecord<byte[], byte[]> record) {
        try {
            claims.claimed(ControlCodec.decode(record.value(), Receipt.class), record.offset(), ticker.nanos());
        } catch (BadRecordException e) {
            // The producer puts it on record.
            log.debug("no receipt at offset {}", record.offset(), e);
        }
    }
}
