package io.millrace.trainer.session;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.VersionWords;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.journal.KeptSteps;
import io.millrace.trainer.journal.NeededResults;
import io.millrace.trainer.journal.Retention;
import io.millrace.trainer.journal.StepWriter;
import io.millrace.trainer.results.MissingResults;
import io.millrace.trainer.results.ResultParser;
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
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run as it was read from the topics, and the clients that go on with it. It lives until a client fails: then memory
 * may be ahead of the topics, and the next session reads them again. Owned by the loop.
 */
public final class Session implements SessionLoop.Session {
    private static final Logger log = LoggerFactory.getLogger(Session.class);

    private final Incoming incoming;
    private final SnapshotMaker snapshots;
    private final Resumption resumption;
    private final StepLedger ledger;
    private final Collector collector;
    private final ResultsFeed feed;
    private final Retention retention;
    private final NeededResults needed;
    private final ResultParser parser;
    private final Intake intake;
    private final OutcomeLog outcomes;
    private final MissingResults missing;
    private final StepChooser chooser;
    private final FilterChain filters;
    private final AbandonedRow abandoned;
    private final RunFit fit;
    private final StepWriter writer;
    private final RecordTrimmer trimmer;
    private final BrokerWatch watch;
    private final Runnable clients;
    /** In this turn, and not written yet. */
    private final Decisions.Collecting decided = new Decisions.Collecting();

    private @Nullable BatchChoice lastChoice;

    /** What a session is made of; all of it is the session's from then on. */
    record Parts(
            Incoming incoming,
            SnapshotMaker snapshots,
            StepLedger ledger,
            Collector collector,
            ResultParser parser,
            Intake intake,
            OutcomeLog outcomes,
            MissingResults missing,
            StepChooser chooser,
            FilterChain filters,
            AbandonedRow abandoned,
            RunFit fit,
            ResultsFeed feed,
            Retention retention,
            NeededResults needed,
            StepWriter writer,
            PartitionReader reader,
            KeptSteps keptSteps,
            RecordTrimmer trimmer,
            BrokerWatch watch,
            Runnable clients) {}

    Session(Parts parts) {
        incoming = parts.incoming();
        ledger = parts.ledger();
        collector = parts.collector();
        parser = parts.parser();
        intake = parts.intake();
        outcomes = parts.outcomes();
        missing = parts.missing();
        chooser = parts.chooser();
        filters = parts.filters();
        abandoned = parts.abandoned();
        fit = parts.fit();
        feed = parts.feed();
        retention = parts.retention();
        needed = parts.needed();
        writer = parts.writer();
        trimmer = parts.trimmer();
        watch = parts.watch();
        clients = parts.clients();
        snapshots = parts.snapshots();
        resumption = new Resumption(
                ledger, intake, outcomes, retention, parts.keptSteps(), feed, parts.reader(), writer, snapshots);
    }

    /** Collects what has arrived, writes what that settles, deletes what is needed no more. */
    public void turn(Duration pollLimit) throws Exception {
        watch.turn();
        feed.poll(pollLimit, record -> incoming.take(record, decided));
        decided.add(intake.missing(missing.turn(feed.partitions(), feed::position)));
        write(decided.take());
        trimmer.turn();
    }

    private void write(Decisions decisions) {
        if (!decisions.records().isEmpty()) {
            writer.write(decisions.records());
        }
        outcomes.happened(decisions.outcomes());
    }

    /** The next step's groups; discards first what no step may have any more. */
    public BatchChoice choose() {
        write(chooser.discardStale());
        BatchChoice choice = chooser.choose();
        lastChoice = choice;
        return choice;
    }

    /** What the gate said when a trainer last waited; null before. */
    @Nullable
    public BatchChoice lastChoice() {
        return lastChoice;
    }

    /**
     * Gives up the open lease durably, with each group of it that is gone.
     *
     * @param gone entries of its manifest that cannot be read back
     */
    public void voidLease(List<ManifestEntry> gone, String reason) {
        List<ControlRecord> records = new ArrayList<>();
        records.add(ledger.voidLease(reason));
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
        writer.write(records);
    }

    /** Makes a lease durable. */
    public void write(StepRecord.Lease lease) {
        writer.write(List.of(lease));
    }

    /** Makes a policy durable. */
    public void write(Policy policy) {
        writer.write(List.of(policy));
    }

    /** Makes an acknowledgement durable, with a snapshot when one is due. */
    public void write(AckDecision.Acknowledged done) {
        for (GroupIndex index : done.groups()) {
            collector.settled(index);
            parser.won(index);
        }
        writer.write(snapshots.behind(done.records()));
        retention.keep(done.step(), done.lease().groups());
        mayDelete();
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

    /** Asks for the deletion of results that neither a restart, nor a replay, nor the open lease needs. */
    void mayDelete() {
        retention.forgetBefore(retention.first(ledger.nextStep(), ledger.checkpoint()));
        Map<Integer, TopicPartition> partitions = new HashMap<>();
        feed.partitions().forEach(partition -> partitions.put(partition.partition(), partition));
        needed.deletableBelow(retention.neededFrom(), ledger.openLease()).forEach((number, below) -> {
            TopicPartition partition = partitions.get(number);
            if (partition != null) {
                trimmer.mayDeleteBelow(partition, below);
            }
        });
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
        return collector;
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
        return chooser.maskBelow();
    }

    /** Why a step cannot be leased before a newer checkpoint is named; empty when it can. */
    public Optional<String> noRoomFor(StepNumber step) {
        return retention.refusal(step, ledger.checkpoint());
    }

    /** How many acknowledged steps can be replayed. */
    public int keptSteps() {
        return retention.steps();
    }

    /** Whether the producer has said what the run is made of. */
    public boolean isRunKnown() {
        return fit.known();
    }

    /** Counts a step of these groups that is leased durably. */
    public void handedOver(StepRecord.Lease lease, List<FinishedGroup> groups) {
        outcomes.leased(lease, groups);
    }

    /** Of the groups handed over in this session. */
    public StalenessFigures.Snapshot staleness() {
        return outcomes.staleness();
    }

    /** Of the groups handed over, and of all that have finished, in this session. */
    public LengthFigures lengths() {
        return outcomes.lengths();
    }

    /** Groups dropped by filters since one was kept. */
    public long filteredInARow() {
        return filters.consecutive();
    }

    /** Groups given up since one finished. */
    public long abandonedInARow() {
        return abandoned.consecutive();
    }

    /** What to tell who waits of groups given up; empty while the last group finished. */
    public Optional<String> lastAbandoned() {
        return abandoned.last();
    }

    /** Bytes of parts held until their groups are whole. */
    public long partBytes() {
        return parser.heldBytes();
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
