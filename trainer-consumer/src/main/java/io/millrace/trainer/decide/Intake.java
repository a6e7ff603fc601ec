package io.millrace.trainer.decide;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.collect.Verdict;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.steps.StepLedger;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * From what a record of {@code results} says to what it settles. Ledger and collector know each decision at once; who
 * calls makes it durable before anything of it is told. Not thread-safe.
 */
public final class Intake {
    /** Why a group of a lineage that was given up is discarded. */
    public static final String LINEAGE = "lineage";

    private final Function<GroupIndex, OptionalLong> parts;
    private final Collector collector;
    private final Claims claims;
    private final StepLedger ledger;
    private final FilterChain filters;
    private final AbandonedRow abandoned;

    /**
     * @param parts forgets those that are held of a group of which something has won, and tells the first one's offset;
     *     empty where there are none
     */
    public Intake(
            Function<GroupIndex, OptionalLong> parts,
            Collector collector,
            Claims claims,
            StepLedger ledger,
            FilterChain filters,
            AbandonedRow abandoned) {
        this.parts = parts;
        this.collector = collector;
        this.claims = claims;
        this.ledger = ledger;
        this.filters = filters;
        this.abandoned = abandoned;
    }

    /**
     * Takes the next thing that a partition says.
     *
     * @param letter makes the dead letter of the record that says it, with a reason
     */
    public Decisions accept(ResultEvent event, Function<String, DeadLetter> letter) {
        claims.met(event);
        Decisions.Collecting decisions = new Decisions.Collecting();
        switch (collector.accept(event)) {
            case Verdict.Won won -> {
                finished(won.group(), decisions);
                filter(won, decisions);
            }
            case Verdict.Lost lost -> {
                finished(lost.group(), decisions);
                discardOfLineage(lost.group(), decisions);
            }
            case Verdict.Reject reject -> {
                reject(reject.result(), decisions);
                // What is ahead is whole and ours, and comes to nothing for its versions alone.
                if (reject.result().flaw() != ResultEvent.Flaw.AHEAD) {
                    decisions.record(letter.apply(reject.result().reason()));
                }
            }
            case Verdict.Abandon abandon -> abandon(abandon, decisions);
            case Verdict.Skipped skipped -> {
                ResultEvent.Unreadable record = skipped.record();
                decisions.record(
                        ledger.note(new StepRecord.Skip(record.partition(), record.offset(), record.detail())));
                decisions.record(letter.apply(record.detail()));
                decisions.outcome(new Outcome.RecordSkipped(record));
            }
            case Verdict.Duplicate duplicate -> decisions.outcome(new Outcome.ResultRepeated(duplicate.groupIndex()));
            case Verdict.Known known -> {}
            case Verdict.Passed passed -> {}
        }
        return decisions.take();
    }

    private void finished(FinishedGroup group, Decisions.Collecting decisions) {
        won(group.groupIndex());
        abandoned.finished(group.groupIndex());
        decisions.outcome(new Outcome.GroupFinished(group));
    }

    private void won(GroupIndex index) {
        parts.apply(index).ifPresent(offset -> collector.passedOver(index, offset));
    }

    /** A group that an earlier process leased was let pass by the filters of that time. */
    private void filter(Verdict.Won won, Decisions.Collecting decisions) {
        FinishedGroup group = won.group();
        if (filters.isEmpty() || ledger.isLeased(group.groupIndex())) {
            return;
        }
        filters.drops(won.content().unpack()).ifPresent(reason -> {
            collector.settled(group.groupIndex());
            decisions.record(ledger.discard(group.groupIndex(), group.attempt(), reason));
            decisions.outcome(new Outcome.GroupDiscarded(group, reason, "a filter drops it"));
        });
    }

    private void abandon(Verdict.Abandon abandon, Decisions.Collecting decisions) {
        won(abandon.groupIndex());
        decisions.record(ledger.abandon(abandon.groupIndex(), abandon.lastAttempt(), abandon.cause()));
        abandoned.abandoned(abandon.cause());
        decisions.outcome(new Outcome.GroupAbandoned(abandon.groupIndex(), abandon.cause()));
    }

    private void reject(ResultEvent.Invalid result, Decisions.Collecting decisions) {
        decisions.record(ledger.note(new StepRecord.Rejection(
                result.groupIndex(), result.attempt(), result.partition(), result.offset(), result.reason())));
        decisions.outcome(new Outcome.ResultRejected(result));
    }

    private void discardOfLineage(FinishedGroup group, Decisions.Collecting decisions) {
        decisions.record(ledger.discard(group.groupIndex(), group.attempt(), LINEAGE));
        decisions.outcome(new Outcome.GroupDiscarded(
                group,
                LINEAGE,
                "it was issued in lineage " + group.lineage() + " and has tokens of weight version "
                        + group.newestVersion()));
    }

    /** Discards finished groups of lineages that were given up. */
    public Decisions discardLost() {
        Decisions.Collecting decisions = new Decisions.Collecting();
        for (FinishedGroup group : collector.lost(ledger.policy().weightVersion())) {
            collector.settled(group.groupIndex());
            discardOfLineage(group, decisions);
        }
        return decisions.take();
    }

    /** Notes results that are not where their receipts say. */
    public Decisions missing(List<StepRecord.Missing> found) {
        Decisions.Collecting decisions = new Decisions.Collecting();
        for (StepRecord.Missing missing : found) {
            decisions.record(ledger.note(missing));
            decisions.outcome(new Outcome.ResultMissing(missing));
        }
        return decisions.take();
    }
}
