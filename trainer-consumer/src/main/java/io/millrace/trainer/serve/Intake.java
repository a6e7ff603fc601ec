package io.millrace.trainer.serve;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.trainer.collect.AbandonedRow;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collected;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.Finished;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.results.ResultParser;
import io.millrace.trainer.steps.StepLedger;
import io.millrace.trainer.steps.StepsReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a record of {@code results} to what it settles: parsed, collected, decided, counted. The decisions pile up until
 * the owner takes and writes them. Owned by the loop; no client inside.
 */
public final class Intake {
    private static final Logger log = LoggerFactory.getLogger(Intake.class);
    /** Why a group of a lineage that was given up is discarded. */
    static final String LINEAGE = "lineage";

    private final ResultParser parser;
    private final Collector collector;
    private final Claims claims;
    private final StepLedger ledger;
    private final FilterChain filters;
    private final AbandonedRow abandoned;
    private final TrainerMetrics metrics;
    private final Consumer<Finished> finished;
    private final List<ControlRecord> decisions = new ArrayList<>();

    /** @param finished told of each group that finishes, whatever becomes of it */
    public Intake(
            ResultParser parser,
            Collector collector,
            Claims claims,
            StepLedger ledger,
            FilterChain filters,
            AbandonedRow abandoned,
            TrainerMetrics metrics,
            Consumer<Finished> finished) {
        this.parser = parser;
        this.collector = collector;
        this.claims = claims;
        this.ledger = ledger;
        this.filters = filters;
        this.abandoned = abandoned;
        this.metrics = metrics;
        this.finished = finished;
    }

    void accept(ConsumerRecord<byte[], byte[]> record) throws Exception {
        long readAgain = parser.groupsReadAgain();
        List<ResultEvent> events = parser.parse(record, collector::hasWon);
        metrics.readAgain(parser.groupsReadAgain() - readAgain);
        for (ResultEvent event : events) {
            accept(event, record);
        }
    }

    /**
     * Takes the next thing that a partition says.
     *
     * @param record that says it
     */
    public void accept(ResultEvent event, ConsumerRecord<byte[], byte[]> record) {
        claims.met(event);
        Collected collected = collector.accept(event);
        decide(collected, record);
        if (collected instanceof Collected.Won won && event instanceof ResultEvent.Arrived arrived) {
            filter(won.group(), arrived.payload());
        }
    }

    /** A group that an earlier process leased was let pass by the filters of that time. */
    private void filter(Finished group, byte[] payload) {
        if (filters.isEmpty() || ledger.isLeased(group.groupIndex())) {
            return;
        }
        filters.drops(decoded(group, payload)).ifPresent(reason -> {
            collector.settled(group.groupIndex());
            decisions.add(ledger.discard(group.groupIndex(), group.attempt(), reason));
            metrics.discarded(reason);
            log.debug("group {} is discarded: {}", group.groupIndex(), reason);
        });
    }

    private static RolloutGroup decoded(Finished group, byte[] payload) {
        try {
            return RolloutGroupCodec.decode(payload);
        } catch (BadRecordException e) {
            throw new IllegalStateException("group " + group.groupIndex() + " was decoded before, and now is not", e);
        }
    }

    private void decide(Collected collected, ConsumerRecord<byte[], byte[]> record) {
        switch (collected) {
            case Collected.Won won -> {
                won(won.group().groupIndex());
                abandoned.finished(won.group().groupIndex());
                finished.accept(won.group());
            }
            case Collected.Lost lost -> {
                won(lost.group().groupIndex());
                abandoned.finished(lost.group().groupIndex());
                finished.accept(lost.group());
                discard(lost.group());
            }
            case Collected.Ahead ahead -> ahead(ahead);
            case Collected.Known known -> log.debug("known: {}", known.event());
            case Collected.Duplicate duplicate -> metrics.duplicate();
            case Collected.Passed passed -> log.debug("a part of group {} comes too late", passed.groupIndex());
            case Collected.Abandon abandon -> {
                won(abandon.groupIndex());
                decisions.add(ledger.abandon(abandon.groupIndex(), abandon.lastAttempt(), abandon.cause()));
                metrics.abandoned();
                abandoned.abandoned(abandon.cause());
                log.warn("group {} is abandoned: {}", abandon.groupIndex(), abandon.cause());
            }
            case Collected.Reject reject -> reject(reject.result(), record);
            case Collected.Skipped skipped -> skip(skipped.record(), record);
        }
    }

    private void won(GroupIndex index) {
        parser.won(index).ifPresent(offset -> collector.passedOver(index, offset));
        log.debug("group {} has finished", index);
    }

    private void discard(Finished group) {
        decisions.add(ledger.discard(group.groupIndex(), group.attempt(), LINEAGE));
        metrics.discarded(LINEAGE);
        log.info(
                "group {} is discarded: it was issued in lineage {} and has tokens of weight version {}",
                group.groupIndex(),
                group.lineage(),
                group.newestVersion());
    }

    /** Discards finished groups of lineages that were given up. */
    public void discardLost() {
        for (Finished group : collector.lost(ledger.policy().weightVersion())) {
            collector.settled(group.groupIndex());
            discard(group);
        }
    }

    private void reject(ResultEvent.Invalid result, ConsumerRecord<byte[], byte[]> record) {
        decisions.add(ledger.reject(
                result.groupIndex(), result.attempt(), result.partition(), result.offset(), result.reason()));
        decisions.add(StepsReader.letter(record, result.reason()));
        metrics.rejected(result.flaw());
        log.warn(
                "result of group {} attempt {} at partition {} offset {} is rejected: {}",
                result.groupIndex(),
                result.attempt(),
                result.partition(),
                result.offset(),
                result.reason());
    }

    private void ahead(Collected.Ahead ahead) {
        Finished group = ahead.group();
        decisions.add(ledger.reject(
                group.groupIndex(),
                group.attempt(),
                group.partition(),
                group.offsets().getLast(),
                ahead.reason()));
        metrics.rejected(ResultEvent.Flaw.AHEAD);
        log.warn(
                "the result of group {} attempt {} is rejected: {}",
                group.groupIndex(),
                group.attempt(),
                ahead.reason());
    }

    private void skip(ResultEvent.Unreadable unreadable, ConsumerRecord<byte[], byte[]> record) {
        decisions.add(ledger.skip(unreadable.partition(), unreadable.offset(), unreadable.detail()));
        decisions.add(StepsReader.letter(record, unreadable.detail()));
        metrics.skipped(unreadable.problem());
        log.warn(
                "record at partition {} offset {} of the results names no group and is skipped: {}",
                unreadable.partition(),
                unreadable.offset(),
                unreadable.detail());
    }

    /** Notes results that are not where their receipts say. */
    public void missing(List<StepRecord.Missing> found) {
        for (StepRecord.Missing missing : found) {
            decisions.add(ledger.missing(missing));
            metrics.missing();
            log.warn(
                    "the result of group {} attempt {} is not at partition {} offsets {}, where its receipt says: {};"
                            + " the group is issued again",
                    missing.groupIndex(),
                    missing.attempt(),
                    missing.partition(),
                    missing.offsets(),
                    missing.reason().text());
        }
    }

    /** What was decided since the last call, to be written before anything else is. */
    public List<ControlRecord> takeDecisions() {
        List<ControlRecord> taken = List.copyOf(decisions);
        decisions.clear();
        return taken;
    }
}
