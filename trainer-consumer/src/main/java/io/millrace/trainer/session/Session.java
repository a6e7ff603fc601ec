package io.millrace.trainer.session;

import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.lag.LagGroup;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.VersionWords;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.common.session.SessionLoop;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Outcome;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.ResumeDecision;
import io.millrace.trainer.steps.ResumeMode;
import io.millrace.trainer.steps.StepLedger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run as it was read from the topics, and the clients that go on with it. It lives until a client fails: then memory
 * may be ahead of the topics, and the next session reads them again. Owned by the loop.
 */
public final class Session implements SessionLoop.Session {
    private static final Logger log = LoggerFactory.getLogger(Session.class);

    private final StepLedger ledger;
    private final Incoming incoming;
    private final ResultsFeed feed;
    private final SessionJournal journal;
    private final OutcomeLog outcomes;
    private final FilterChain filters;
    private final AbandonedRow abandoned;
    private final BrokerWatch watch;
    private final LagGroup lag;
    private final Runnable clients;
    private final Resumption resumption;
    /** In this turn, and not written yet. */
    private final Decisions.Collecting decided = new Decisions.Collecting();

    private @Nullable BatchChoice lastChoice;

    /**
     * All of it is the session's from then on, but for the group.
     *
     * @param lag of the results, over all sessions
     * @param clients closes those of all of these
     */
    Session(
            StepLedger ledger,
            Incoming incoming,
            ResultsFeed feed,
            SessionJournal journal,
            OutcomeLog outcomes,
            FilterChain filters,
            AbandonedRow abandoned,
            BrokerWatch watch,
            LagGroup lag,
            Runnable clients) {
        this.ledger = ledger;
        this.incoming = incoming;
        this.feed = feed;
        this.journal = journal;
        this.outcomes = outcomes;
        this.filters = filters;
        this.abandoned = abandoned;
        this.watch = watch;
        this.lag = lag;
        this.clients = clients;
        this.resumption = new Resumption(ledger, incoming.intake, outcomes, journal);
    }

    /** Collects what has arrived, writes what that settles, deletes what is needed no more. */
    public void turn(Duration pollLimit) throws Exception {
        watch.turn();
        feed.poll(pollLimit, record -> incoming.take(record, decided));
        decided.add(incoming.missing(feed));
        write(decided.take());
        journal.turn();
        showLag();
    }

    /** What waits for a step or its acknowledgement; not before all is read that an earlier process had read. */
    private void showLag() {
        if (lag.isDue() && feed.caughtUp()) {
            Map<Integer, Long> waiting = new HashMap<>();
            collector().finished().forEach(group -> waiting.merge(group.partition(), 1L, Long::sum));
            feed.partitions()
                    .forEach(partition -> lag.stands(
                            partition, feed.position(partition), waiting.getOrDefault(partition.partition(), 0L)));
        }
        lag.turn();
    }

    private void write(Decisions decisions) {
        journal.write(decisions.records());
        outcomes.happened(decisions.outcomes());
        decisions.outcomes().forEach(this::tell);
    }

    /** In the traces of groups that go no further. */
    private void tell(Outcome outcome) {
        switch (outcome) {
            case Outcome.GroupDiscarded one ->
                incoming.spans.dropped(one.group().groupIndex(), one.reason());
            case Outcome.ResultRejected(ResultEvent.Invalid one) ->
                incoming.spans.dropped(one.groupIndex(), "rejected");
            case Outcome.ResultTakenBack one ->
                incoming.spans.dropped(one.group().groupIndex(), one.reason());
            default -> {}
        }
    }

    /** The next step's groups; discards first what no step may have any more. */
    public BatchChoice choose() {
        write(incoming.chooser.discardStale());
        BatchChoice choice = incoming.chooser.choose();
        lastChoice = choice;
        return choice;
    }

    /** What the gate said when a trainer last waited; null before. */
    @Nullable
    public BatchChoice lastChoice() {
        return lastChoice;
    }

    /**
     * Gives up an open lease durably, with each group of it that is gone.
     *
     * @param gone entries of its manifest that cannot be read back
     */
    public void voidLease(StepNumber step, List<ManifestEntry> gone, String reason) {
        List<ControlRecord> records = new ArrayList<>();
        records.add(ledger.voidLease(step, reason));
        for (ManifestEntry entry : gone) {
            log.warn(
                    "group {} attempt {} cannot be read back from partition {} offsets {}; it is issued again",
                    entry.groupIndex(),
                    entry.attempt(),
                    entry.partition(),
                    entry.offsets());
            records.add(ledger.note(new StepRecord.Missing(
                    entry.groupIndex(),
                    entry.attempt(),
                    entry.partition(),
                    entry.offsets(),
                    StepRecord.Missing.Why.UNREADABLE)));
        }
        journal.write(records);
    }

    /** Makes a lease or a policy durable. */
    public void write(ControlRecord record) {
        journal.write(List.of(record));
    }

    /** Makes an acknowledgement durable, with a snapshot when one is due. */
    public void write(AckDecision.Acknowledged done) {
        journal.write(done);
    }

    /**
     * Goes back to a step.
     *
     * @return why it is not possible; empty when it is done and durable
     */
    public String resume(ResumeDecision.MayResume may, ResumeMode mode, long nowMs) throws Exception {
        return resumption.resume(may, mode, nowMs);
    }

    /** Opens a lineage at the next step for a trainer that counts its versions anew; its weights go on. */
    public void restart(VersionWords words, long nowMs) throws Exception {
        resumption.restart(words, nowMs);
    }

    /** Why it is no use to go on; empty while it is. */
    public Optional<String> verdict() {
        return filters.verdict().or(abandoned::verdict);
    }

    /** What the run has settled, leased and decided, as the topics hold it. */
    public StepLedger ledger() {
        return ledger;
    }

    /** What has arrived and is not settled. */
    public Collector collector() {
        return incoming.collector;
    }

    /** Whether all is read that stood on the topics when it was opened. */
    public boolean isCaughtUp() {
        return feed.caughtUp();
    }

    /** How many records of that are left. */
    public long recordsBehind() {
        return feed.recordsBehind();
    }

    /** Tokens of older versions than this are masked in a step that is leased now; null when none are. */
    public @Nullable WeightVersion maskBelow() {
        return incoming.chooser.maskBelow();
    }

    /** Why a step cannot be leased before a newer checkpoint is named; empty when it can. */
    public Optional<String> noRoomFor(StepNumber step) {
        return journal.noRoomFor(step);
    }

    /** How many acknowledged steps can be replayed. */
    public int keptSteps() {
        return journal.keptSteps();
    }

    /** Whether the producer has said what the run is made of. */
    public boolean isRunKnown() {
        return incoming.fit.known();
    }

    /** Counts a step of these groups that is leased durably. */
    public void handedOver(StepRecord.Lease lease, List<FinishedGroup> groups) {
        outcomes.leased(lease, groups);
        incoming.spans.leased(lease);
    }

    /** Of the groups handed over in this session. */
    public StalenessFigures.Snapshot staleness() {
        return outcomes.staleness();
    }

    /** Of the groups handed over, and of all that have finished, in this session. */
    public LengthFigures lengths() {
        return outcomes.lengths();
    }

    /** Why nothing can be learned from the rewards so far; empty while something can, or it is too early to say. */
    public Optional<String> rewardWarning() {
        return outcomes.rewards().warning();
    }

    /** What filters have dropped. */
    public FilterChain filters() {
        return filters;
    }

    /** What was given up. */
    public AbandonedRow abandoned() {
        return abandoned;
    }

    /** Bytes of parts held until their groups are whole. */
    public long partBytes() {
        return incoming.parser.heldBytes();
    }

    @Override
    public void wakeup() {
        feed.wakeup();
    }

    @Override
    public void close() {
        clients.run();
    }
}
