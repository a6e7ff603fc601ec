package io.millrace.trainer.steps;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.VersionWords;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.policy.PolicyDecision;
import io.millrace.trainer.policy.VersionRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is leased, acknowledged and settled, and the decisions on it. Refuses every wrong transition: as a value when a
 * trainer asked for it, with {@link IllegalStateException} when a record of the topic does not follow from those before
 * it. A decision makes its record, folds it as a restart will, and hands it out to be written before anyone is told: a
 * caller that cannot write what it was handed must end, since memory is then ahead of the topic. Owns no thread, client
 * or clock; not thread-safe.
 */
public final class StepLedger extends StepState {
    private final int leaseAhead;

    public StepLedger(Capacity capacity) {
        this(capacity, VersionRules.defaults());
    }

    public StepLedger(Capacity capacity, VersionRules rules) {
        this(capacity, rules, 0);
    }

    /** @param leaseAhead how many steps may be leased behind the one that is acknowledged next */
    public StepLedger(Capacity capacity, VersionRules rules, int leaseAhead) {
        super(capacity, rules);
        this.leaseAhead = leaseAhead;
    }

    /** Takes what the trainer says of its weights. */
    public PolicyDecision announce(Announcement announcement, long nowMs) {
        return openLease() == null && lineages.isSaidAgain(announcement, policy(), nextStep())
                ? new PolicyDecision.Unchanged(policy())
                : policy.announce(announcement, trainedInLineage(), nowMs);
    }

    /** Whether and how this step can be leased; changes nothing. */
    public LeaseDecision mayLease(StepNumber step) {
        Optional<String> notDue = steps.whyNotDue(step, leaseAhead);
        if (notDue.isPresent()) {
            return new LeaseDecision.WrongStep(notDue.get());
        }
        StepRecord.Lease open = openLeases().of(step);
        if (open != null) {
            return new LeaseDecision.SameLease(open, policy.warnings(step));
        }
        if (lineages.isReplayed(step)) {
            return new LeaseDecision.MayReplay(step);
        }
        return policy.unfillable(step, openLeases().size())
                .<LeaseDecision>map(LeaseDecision.UnfillableAtThisVersion::new)
                .orElseGet(() -> new LeaseDecision.MayLease(step, policy.warnings(step)));
    }

    /**
     * Leases the step that {@link #mayLease} allowed.
     *
     * @param groups ascending by index, as many as a step has
     * @param maskBelow tokens of older versions are masked; null where none are
     * @param id drawn for this lease
     * @return the record to be written before anyone is told
     * @throws IllegalStateException when it is not allowed, or a group is settled
     */
    public StepRecord.Lease lease(
            StepNumber step, List<ManifestEntry> groups, @Nullable WeightVersion maskBelow, LeaseId id, long nowMs) {
        return lease(step, groups, maskBelow, null, id, nowMs);
    }

    /**
     * The same with what the groups come to, for people.
     *
     * @param figures null where they are not known
     */
    public StepRecord.Lease lease(
            StepNumber step,
            List<ManifestEntry> groups,
            @Nullable WeightVersion maskBelow,
            StepRecord.@Nullable StepFigures figures,
            LeaseId id,
            long nowMs) {
        if (!(mayLease(step) instanceof LeaseDecision.MayLease)) {
            throw new IllegalStateException("step " + step + " may not be leased: " + mayLease(step));
        }
        if (groups.size() != capacity.batchGroups()) {
            throw new IllegalStateException("a step has " + capacity.batchGroups() + " groups, not " + groups.size());
        }
        return leased(step, groups, maskBelow, figures, id, nowMs);
    }

    private StepRecord.Lease leased(
            StepNumber step,
            List<ManifestEntry> groups,
            @Nullable WeightVersion maskBelow,
            StepRecord.@Nullable StepFigures figures,
            LeaseId id,
            long nowMs) {
        StepRecord.Lease lease = new StepRecord.Lease(
                lineage(),
                step,
                id,
                policy().weightVersion(),
                policy().words().offset(),
                nowMs,
                groups,
                maskBelow,
                figures);
        fold(lease);
        return lease;
    }

    /**
     * Leases the recorded step that is due, with the groups it had and the tokens masked that were.
     *
     * @param id drawn for this lease
     * @throws IllegalStateException when none is to be replayed, or it was not handed in
     */
    public StepRecord.Lease leaseRecorded(LeaseId id, long nowMs) {
        StepNumber due = dueStep();
        StepRecord.Lease recorded = lineages.recorded(due);
        if (!(mayLease(due) instanceof LeaseDecision.MayReplay) || recorded == null) {
            throw new IllegalStateException("step " + due + " is no recorded step that is due");
        }
        return leased(due, recorded.groups(), recorded.maskBelow(), recorded.figures(), id, nowMs);
    }

    /**
     * @param token what the trainer was given with the step
     * @param word what the trainer calls the weight version that this step led to; null when it goes on with the current
     *     one
     * @param named the step at which the trainer's newest durable checkpoint resumes; null when it does not say
     */
    public AckDecision acknowledge(
            LeaseToken token, @Nullable WeightVersion word, @Nullable StepNumber named, long nowMs) {
        if (steps.wasAcknowledged(token) && token.lineage().equals(lineage())) {
            steps.named(named);
            return steps.again(token.step(), word, policy());
        }
        StepRecord.Lease lease = openLease();
        if (lease == null || !steps.isOldest(token)) {
            return new AckDecision.Refused(whyNotOpen(token));
        }
        WeightVersion version = null;
        VersionWords words = policy().words();
        if (word != null) {
            switch (policy.acknowledged(word)) {
                case VersionRules.Meaning.Version means -> {
                    version = means.version();
                    words = means.words();
                }
                case VersionRules.Meaning.Refused refused -> {
                    return new AckDecision.Refused(refused.why());
                }
                case VersionRules.Meaning.Restart restart ->
                    throw new IllegalStateException("an acknowledgement restarts no count");
            }
            if (version.compareTo(policy().weightVersion()) <= 0) {
                return new AckDecision.Refused("weight_version " + word + " is not newer than the current "
                        + policy().word()
                        + "; announce a larger one, or none. A trainer that counts anew says so by ready"
                        + " with its version, POST /v1/policy");
            }
        }
        StepNumber step = token.step();
        if (named != null && named.compareTo(step.next()) > 0) {
            return new AckDecision.Refused("checkpoint_step " + named
                    + " is the step at which the checkpoint resumes; after step " + step + " it is at most "
                    + step.next());
        }
        List<GroupIndex> groups = train();
        StepRecord.Acknowledgement ack = new StepRecord.Acknowledgement(
                lineage(), step, token.id(), version, nowMs, settlements.totals(), steps.newest(named));
        close(ack);
        noted();
        List<ControlRecord> records = new ArrayList<>();
        records.add(ack);
        if (version != null) {
            policy.become(
                    new Policy(lineage(), version, Math.max(0, trainedInLineage()), Policy.State.READY, nowMs, words));
            records.add(policy());
        }
        return new AckDecision.Acknowledged(lease, records, groups);
    }

    /** Why a lease cannot be fetched, or not be acknowledged now. */
    public String whyNotOpen(LeaseToken token) {
        return steps.whyNotOpen(token, lineage());
    }

    /**
     * Whether and how the run can go back to a step; changes nothing.
     *
     * @param asked the lineage that this opens
     */
    public ResumeDecision mayResume(StepNumber step, ResumeMode mode, Lineage asked) {
        return lineages.mayResume(step, mode, asked, nextStep());
    }

    /** How the lineage of a trainer that counts anew is opened: at the next step, with new groups. */
    public ResumeDecision.MayResume restart(VersionWords words) {
        return new ResumeDecision.MayResume(lineage().next(), nextStep(), nextStep(), recordedBefore(), words, null);
    }

    /**
     * Goes back to a step; leases that are open are void. Engines may still serve later weights, so the lineage begins
     * updating, until the trainer says ready; but for a trainer that counts anew, which has just said so.
     *
     * @param may what {@link #mayResume} allowed
     * @param kept the recorded steps from the step on, all up to {@code recordedBefore}
     * @return the records to be written in one transaction before anyone is told
     */
    public List<ControlRecord> resume(ResumeDecision.MayResume may, List<StepHistory.Kept> kept, long nowMs) {
        ResumeDecision.Opening opening =
                may.opening(kept, policy(), settlements.totals().trained(), nowMs);
        fold(opening.resume());
        if (may.isReplay()) {
            recorded(kept);
        }
        policy.become(opening.policy());
        return List.of(opening.resume(), opening.policy());
    }

    /**
     * A snapshot of this ledger, to be written in the transaction that an acknowledgement or a resumption begins, with the
     * leases that are open behind it. Nothing changes: where it is written, {@link #take} says so.
     *
     * @param reads where each partition of {@code results} has to be read from
     * @param receiptsFrom where {@code receipts} has to be read from
     * @param duplicates counted so far
     */
    public StepRecord.Snapshot snapshot(
            List<StepRecord.Snapshot.ResultsRead> reads, long receiptsFrom, long duplicates) {
        return new StepRecord.Snapshot(
                lineage(),
                nextStep(),
                stepsInVersion(),
                steps.last(),
                settlements.totals(),
                policy(),
                settlements.ranges(),
                settlements.rejections(reads),
                settlements.missing(),
                reads,
                receiptsFrom,
                lineages.all(),
                duplicates,
                settlements.rejected(),
                settlements.skipped());
    }

    /** The snapshot that was made of this ledger is written with what led to it; the next counts from here. */
    public void take(StepRecord.Snapshot copy) {
        apply(copy);
    }

    /**
     * Settles a group whose attempts are used up.
     *
     * @return the record to be written before anyone is told
     * @throws IllegalStateException when the group is settled or leased
     */
    public StepRecord.Abandonment abandon(GroupIndex index, Attempt lastAttempt, String cause) {
        settle(index);
        noted();
        return new StepRecord.Abandonment(index, lastAttempt, cause, settlements.counted(0, 0, 1));
    }

    /** Settles a group without training it; as {@link #abandon}. */
    public StepRecord.Discard discard(GroupIndex index, Attempt attempt, String reason) {
        settle(index);
        noted();
        return new StepRecord.Discard(index, attempt, reason, settlements.counted(0, 1, 0));
    }

    /**
     * Notes what settles nothing: a result that cannot be used, or one that a receipt names and that is not there, or a
     * record that names no group.
     *
     * @return the record, to be written before anyone is told
     */
    public <R extends StepRecord> R note(R record) {
        switch (record) {
            case StepRecord.Rejection _, StepRecord.Missing _, StepRecord.Skip _ -> fold(record);
            default -> throw new IllegalArgumentException("not a note: " + record);
        }
        return record;
    }

    /**
     * Gives up an open lease, whose groups cannot all be read back, and those of later steps; they stay unsettled and the
     * steps are leased anew. A recorded step has no other groups, so its lease cannot be given up.
     *
     * @return the record to be written before anyone is told
     * @throws IllegalStateException when the step is not leased, or a recorded one
     */
    public StepRecord.LeaseVoid voidLease(StepNumber step, String reason) {
        StepRecord.Lease lease = openLeases().of(step);
        if (lease == null) {
            throw new IllegalStateException("step " + step + " is not leased");
        }
        StepRecord.LeaseVoid gone = new StepRecord.LeaseVoid(lease.lineage(), lease.step(), reason);
        fold(gone);
        return gone;
    }
}
