package io.millrace.trainer.session;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.VersionWords;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.journal.FencedException;
import io.millrace.trainer.journal.KeptSteps;
import io.millrace.trainer.journal.NeededResults;
import io.millrace.trainer.journal.Owner;
import io.millrace.trainer.journal.Retention;
import io.millrace.trainer.journal.Snapshots;
import io.millrace.trainer.journal.StepWriter;
import io.millrace.trainer.journal.StepsReader;
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
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run as it was read from the topics, and the clients that go on with it. It lives until a client fails: then memory
 * may be ahead of the topics, and the next session reads them again. Owned by the loop.
 */
public final class Session {
    private static final Logger log = LoggerFactory.getLogger(Session.class);

    private final RunId run;
    private final String policyTopic;
    private final String runTopic;
    private final TopicPartition receipts;
    private final Owner owner;
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
    private final TrainerMetrics metrics;
    private final Claims claims;
    private final MissingResults missing;
    private final Ticker ticker;
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
            RunId run,
            Owner owner,
            Snapshots snapshots,
            StepLedger ledger,
            Collector collector,
            ResultParser parser,
            Intake intake,
            OutcomeLog outcomes,
            TrainerMetrics metrics,
            Claims claims,
            MissingResults missing,
            Ticker ticker,
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
        run = parts.run();
        policyTopic = new RunTopics(run).policy();
        runTopic = new RunTopics(run).runRecord();
        receipts = new TopicPartition(new RunTopics(run).receipts(), 0);
        owner = parts.owner();
        ledger = parts.ledger();
        collector = parts.collector();
        parser = parts.parser();
        intake = parts.intake();
        outcomes = parts.outcomes();
        metrics = parts.metrics();
        claims = parts.claims();
        missing = parts.missing();
        ticker = parts.ticker();
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
        snapshots =
                new SnapshotMaker(parts.snapshots(), ledger, collector, parser, claims, feed, receipts, parts.needed());
        resumption = new Resumption(
                ledger, intake, outcomes, retention, parts.keptSteps(), feed, parts.reader(), writer, snapshots);
    }

    /** Collects what has arrived, writes what that settles, deletes what is needed no more. */
    public void turn(Duration pollLimit) throws Exception {
        watch.turn();
        feed.poll(pollLimit, this::take);
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

    private void take(ConsumerRecord<byte[], byte[]> record) throws Exception {
        if (feed.partitions().contains(new TopicPartition(record.topic(), record.partition()))) {
            result(record);
            return;
        }
        if (record.topic().equals(runTopic)) {
            RunRecords.read(record).ifPresent(fit::accept);
            return;
        }
        if (record.topic().equals(receipts.topic())) {
            receipt(record);
            return;
        }
        if (!record.topic().equals(policyTopic)) {
            task(record);
            return;
        }
        Owner.read(record.headers()).filter(other -> other.compareTo(owner) > 0).ifPresent(newer -> {
            throw new FencedException(run, owner, newer);
        });
    }

    private void result(ConsumerRecord<byte[], byte[]> record) throws Exception {
        long readAgain = parser.groupsReadAgain();
        List<ResultEvent> events = parser.parse(record, collector::hasWon);
        metrics.readAgain(parser.groupsReadAgain() - readAgain);
        for (ResultEvent event : events) {
            decided.add(intake.accept(event, reason -> StepsReader.letter(record, reason)));
        }
    }

    /** Of a prompts lane; what is no task is for the workers to report. */
    private void task(ConsumerRecord<byte[], byte[]> record) {
        try {
            TrainingTask task = record.value() == null ? null : ControlCodec.decode(record.value(), TrainingTask.class);
            if (task != null) {
                chooser.issued(task);
            }
        } catch (BadRecordException e) {
            log.debug("no task at {} offset {}", record.topic(), record.offset(), e);
        }
    }

    private void receipt(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (record.value() != null) {
                claims.claimed(ControlCodec.decode(record.value(), Receipt.class), record.offset(), ticker.nanos());
            }
        } catch (BadRecordException e) {
            // The producer puts it on record.
            log.debug("no receipt at offset {}", record.offset(), e);
        }
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

    public void wakeup() {
        feed.wakeup();
    }

    /** Closes the clients, waiting for none of them longer than a moment. */
    public void close() {
        clients.run();
    }
}
