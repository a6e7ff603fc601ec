package io.millrace.sandbox.model.role;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.topics.Lane;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.gate.BatchOrder;
import io.millrace.trainer.gate.OnStale;
import io.millrace.trainer.gate.StalenessGate;
import io.millrace.trainer.journal.StepsReader;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.policy.PolicyDecision;
import io.millrace.trainer.results.ResultParser;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.LeaseDecision;
import io.millrace.trainer.steps.ResumeDecision;
import io.millrace.trainer.steps.ResumeMode;
import io.millrace.trainer.steps.StepHistory;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The trainer consumer without its clients: what it has read, collected and decided. Opening it folds {@code steps}, as
 * a session does. Each call's decisions are one transaction. Not thread-safe.
 */
public final class ModelConsumer {
    private static final long MISSING_LIMIT_NANOS = 1;

    private final Topics topics;
    private final Mutation mutation;
    private final StepLedger ledger;
    private final Collector collector;
    private final Claims claims;
    private final Intake intake;
    private final StepChooser chooser;
    private final int resultsAtStart;
    private final int receiptsAtStart;
    private final Map<Lane, Integer> tasksAtStart;
    private int resultsRead;
    private int promptsRead;
    private int urgentRead;
    private int receiptsRead;

    public ModelConsumer(Topics topics, Bounds bounds, Mutation mutation) {
        this.topics = topics;
        this.mutation = mutation;
        Capacity capacity = bounds.capacity();
        this.ledger = RebuiltLedger.folded(topics, capacity);
        this.collector = new Collector(ledger, 0, ledger.lastSnapshot());
        ResultParser parser = Result.Placed.parser();
        StalenessGate gate =
                new StalenessGate(bounds.maxStaleness(), OnStale.WAIT, BatchOrder.OLDEST_FIRST, false, capacity);
        this.chooser = new StepChooser(gate, ledger, collector);
        this.claims = new Claims(ledger, MISSING_LIMIT_NANOS);
        this.intake = new Intake(
                parser::won,
                collector,
                claims,
                ledger,
                new FilterChain(List.of(), 1),
                new AbandonedRow(Integer.MAX_VALUE));
        this.resultsAtStart = topics.results.end();
        this.receiptsAtStart = topics.receipts.end();
        this.tasksAtStart = Map.of(Lane.TRAINING, topics.prompts.end(), Lane.URGENT, topics.urgent.end());
    }

    private void write(List<? extends ControlRecord> decisions) {
        topics.decided(decisions);
    }

    private void write(Decisions decisions) {
        write(decisions.records());
    }

    public boolean hasResults() {
        return resultsRead < topics.results.end();
    }

    public void readResult() {
        Result.Placed placed = new Result.Placed(topics.results.at(resultsRead), resultsRead);
        placed.events()
                .forEach(event -> write(intake.accept(event, reason -> StepsReader.letter(placed.record(), reason))));
        resultsRead++;
        judgeClaims();
    }

    private void judgeClaims() {
        write(intake.missing(claims.readTo(0, resultsRead)));
    }

    public boolean hasReceipts() {
        return receiptsRead < topics.receipts.end();
    }

    public void readReceipt() {
        claims.claimed(topics.receipts.at(receiptsRead), receiptsRead, 0);
        receiptsRead++;
        judgeClaims();
    }

    /** Whether a result that a receipt names is waited for. */
    public boolean hasOpenClaims() {
        return claims.waiting() > 0;
    }

    /** For as long as is waited for it, the results have ended where they end now. */
    public void seesTheEnd() {
        write(intake.missing(claims.endsAt(0, topics.results.end(), MISSING_LIMIT_NANOS)));
    }

    int read(Lane lane) {
        return lane == Lane.TRAINING ? promptsRead : urgentRead;
    }

    public boolean hasTasks(Lane lane) {
        return read(lane) < topics.lane(lane).end();
    }

    public void readTask(Lane lane) {
        chooser.issued(topics.lane(lane).at(read(lane)));
        if (lane == Lane.TRAINING) {
            promptsRead++;
        } else {
            urgentRead++;
        }
    }

    /** Whether it has read further than a log now goes, so that its session ends at the next poll. */
    public boolean isAhead() {
        return resultsRead > topics.results.end()
                || receiptsRead > topics.receipts.end()
                || promptsRead > topics.prompts.end()
                || urgentRead > topics.urgent.end();
    }

    private boolean isCaughtUp() {
        return resultsRead >= resultsAtStart
                && receiptsRead >= receiptsAtStart
                && promptsRead >= tasksAtStart.getOrDefault(Lane.TRAINING, 0)
                && urgentRead >= tasksAtStart.getOrDefault(Lane.URGENT, 0);
    }

    /** @return null when there is no step to be had now */
    public StepRecord.@Nullable Lease lease() {
        StepNumber step = ledger.nextStep();
        return switch (ledger.mayLease(step)) {
            case LeaseDecision.SameLease same -> same.lease();
            case LeaseDecision.WrongStep wrong -> null;
            case LeaseDecision.UnfillableAtThisVersion unfillable -> null;
            case LeaseDecision.MayReplay replay -> {
                StepRecord.Lease lease = ledger.leaseRecorded(nextLease(), 0);
                write(List.of(lease));
                yield lease;
            }
            case LeaseDecision.MayLease may -> isCaughtUp() ? chosen(may.step()) : null;
        };
    }

    /** Not drawn at random, so that the same events give the same state. */
    private LeaseId nextLease() {
        return new LeaseId(HexFormat.of().toHexDigits((long) topics.steps.end()));
    }

    private StepRecord.@Nullable Lease chosen(StepNumber step) {
        write(chooser.discardStale());
        if (!(chooser.choose() instanceof BatchChoice.Ready ready)) {
            return null;
        }
        StepRecord.Lease lease = ledger.lease(
                step,
                ready.groups().stream().map(FinishedGroup::manifestEntry).toList(),
                chooser.maskBelow(),
                nextLease(),
                0);
        write(List.of(lease));
        return lease;
    }

    /** The trainer saves a checkpoint behind every other step, and says so; in between, the one before counts on. */
    private static @Nullable StepNumber saved(StepNumber step) {
        return step.value() % 2 == 0 ? step.next() : null;
    }

    public AckDecision acknowledge(LeaseToken lease, WeightVersion version) {
        AckDecision decision = ledger.acknowledge(lease, version, saved(lease.step()), 0);
        if (decision instanceof AckDecision.Acknowledged done) {
            done.groups().forEach(collector::settled);
            write(done.records());
        }
        return decision;
    }

    /** @return whether the run has gone back to the step */
    public boolean resume(StepNumber step, ResumeMode mode) {
        if (!(ledger.mayResume(step, mode, ledger.lineage().next()) instanceof ResumeDecision.MayResume may)) {
            return false;
        }
        List<StepHistory.Kept> kept = RebuiltLedger.history(topics, ledger).steps(may.step(), may.recordedBefore());
        if (mode == ResumeMode.REPLAY && !kept.stream().allMatch(this::isThere)) {
            return false;
        }
        List<ControlRecord> records = new ArrayList<>(ledger.resume(may, kept, 0));
        records.addAll(intake.discardLost().records());
        write(records);
        return true;
    }

    /** Whether asking for a step can come to anything. */
    public boolean hasSomethingToLease() {
        return ledger.openLease() != null
                || ledger.isReplaying()
                || !collector.finished().isEmpty();
    }

    /** Groups that have finished and are not leased. */
    public int waiting() {
        return ledger.openLease() == null ? collector.finished().size() : 0;
    }

    private boolean isThere(StepHistory.Kept kept) {
        return kept.lease().groups().stream()
                .flatMap(entry -> entry.offsets().stream())
                .allMatch(offset -> offset < topics.results.end());
    }

    /** Entries of the lease that cannot be read back: nothing stands there, or another record. */
    public List<ManifestEntry> gone(StepRecord.Lease lease) {
        List<ManifestEntry> gone = new ArrayList<>();
        for (ManifestEntry entry : lease.groups()) {
            int offset = Math.toIntExact(entry.offsets().getFirst());
            boolean there = offset < topics.results.end()
                    && topics.results.at(offset) instanceof Result.Whole whole
                    && whole.group().equals(entry.groupIndex())
                    && whole.attempt().equals(entry.attempt());
            if (!there) {
                gone.add(entry);
            }
        }
        return gone;
    }

    /** Gives up the open lease; the session ends with it. */
    public void voidLease(List<ManifestEntry> gone) {
        List<ControlRecord> records = new ArrayList<>();
        records.add(ledger.voidLease(ledger.nextStep(), "gone"));
        for (ManifestEntry entry : gone) {
            records.add(ledger.note(new StepRecord.Missing(
                    entry.groupIndex(),
                    entry.attempt(),
                    entry.partition(),
                    entry.offsets(),
                    StepRecord.Missing.Why.UNREADABLE)));
        }
        write(records);
    }

    public boolean isUpdating() {
        return ledger.policy().state() == Policy.State.UPDATING;
    }

    /** The trainer of the present lineage says that the engines serve the current version. */
    public void ready() {
        if (ledger.announce(
                        new Announcement(
                                ledger.lineage(),
                                Policy.State.READY,
                                ledger.policy().word()),
                        0)
                instanceof PolicyDecision.Changed changed) {
            write(List.of(changed.policy()));
        }
    }

    public StepLedger ledger() {
        return ledger;
    }

    /**
     * The snapshot that a session could write now.
     *
     * @return null while a step is leased, or something is still read that an earlier session had read
     */
    public StepRecord.@Nullable Snapshot snapshot() {
        if (ledger.openLease() != null || !isCaughtUp()) {
            return null;
        }
        long from = collector.neededFrom().getOrDefault(0, (long) resultsRead);
        StepRecord.Snapshot made = ledger.snapshot(
                List.of(new StepRecord.Snapshot.ResultsRead(0, from, resultsRead)),
                claims.receiptsFrom(receiptsRead),
                collector.duplicates());
        return mutation == Mutation.SNAPSHOTS_FORGET_ATTEMPTS ? withoutAttempts(made) : made;
    }

    private static StepRecord.Snapshot withoutAttempts(StepRecord.Snapshot made) {
        return new StepRecord.Snapshot(
                made.lineage(),
                made.nextStep(),
                made.stepsInVersion(),
                made.lastAcknowledgement(),
                made.totals(),
                made.policy(),
                made.settled(),
                List.of(),
                List.of(),
                made.results(),
                made.receiptsFrom(),
                made.resumes(),
                made.duplicates(),
                made.rejected(),
                made.skipped());
    }

    public void describe(StringBuilder out) {
        out.append("\nT " + resultsRead + " " + promptsRead + " " + urgentRead + " " + receiptsRead + " "
                + claims.waiting() + isCaughtUp());
        for (long index = 0; index < topics.prompts.end(); index++) {
            out.append(collector.hasWon(new GroupIndex(index)));
        }
        for (FinishedGroup group : collector.finished()) {
            out.append(group.manifestEntry()).append(group.newestVersion()).append(group.lineage());
            out.append(collector.isAlone(group));
        }
        RebuiltLedger.describe(ledger, out);
    }
}
