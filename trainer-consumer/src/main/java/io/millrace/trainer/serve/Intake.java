package io.millrace.trainer.serve;

import io.millrace.common.record.StepRecord;
import io.millrace.trainer.collect.Collected;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.collect.ResultParser;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a record of {@code results} to what it settles: parsed, collected, decided, counted. The decisions pile up until
 * the owner takes and writes them. Owned by the loop; no client inside.
 */
public final class Intake {
    private static final Logger log = LoggerFactory.getLogger(Intake.class);

    private final ResultParser parser;
    private final Collector collector;
    private final StepLedger ledger;
    private final TrainerMetrics metrics;
    private final List<StepRecord> decisions = new ArrayList<>();

    public Intake(ResultParser parser, Collector collector, StepLedger ledger, TrainerMetrics metrics) {
        this.parser = parser;
        this.collector = collector;
        this.ledger = ledger;
        this.metrics = metrics;
    }

    void accept(ConsumerRecord<byte[], byte[]> record) {
        for (ResultEvent event : parser.parse(record)) {
            decide(collector.accept(event));
        }
    }

    private void decide(Collected collected) {
        switch (collected) {
            case Collected.Won won ->
                log.debug("group {} has finished", won.group().groupIndex());
            case Collected.Known known -> log.debug("group {} is known", known.groupIndex());
            case Collected.Duplicate duplicate -> metrics.duplicate();
            case Collected.Abandon abandon -> {
                decisions.add(ledger.abandon(abandon.groupIndex(), abandon.lastAttempt(), abandon.cause()));
                metrics.abandoned();
                log.warn("group {} is abandoned: {}", abandon.groupIndex(), abandon.cause());
            }
            case Collected.Reject reject -> {
                ResultEvent.Invalid result = reject.result();
                decisions.add(ledger.reject(
                        result.groupIndex(), result.attempt(), result.partition(), result.offset(), result.reason()));
                metrics.rejected(result.flaw());
                log.warn(
                        "result of group {} attempt {} at partition {} offset {} is rejected: {}",
                        result.groupIndex(),
                        result.attempt(),
                        result.partition(),
                        result.offset(),
                        result.reason());
            }
            case Collected.Skipped skipped -> {
                ResultEvent.Unreadable record = skipped.record();
                metrics.skipped(record.problem());
                log.warn(
                        "record at partition {} offset {} of the results names no group and is skipped: {}",
                        record.partition(),
                        record.offset(),
                        record.detail());
            }
        }
    }

    /** What was decided since the last call, to be written before anything else is. */
    List<StepRecord> takeDecisions() {
        List<StepRecord> taken = List.copyOf(decisions);
        decisions.clear();
        return taken;
    }
}
