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
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.common.record.VersionWords;
import io.millrace.trainer.collect.Settlement;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * The state is a fold over the records of `steps` and the last record of `policy`, and nothing else: a live decision
 * makes its record, applies it by the same method that replay uses, and hands it out to be written. A caller that
 * cannot write what it was handed must end, since memory is then ahead of the topic; the next process folds again.
 */

/**
 * What is leased, acknowledged and settled. Refuses every wrong transition: as a value when a trainer asked for it, with
 * {@link IllegalStateException} when a record of the topic does not follow from those before it. Owns no thread, client
 * or clock; not thread-safe.
 */
public final class StepLedger implements Settlement {
    private final Capacity capacity;
    private final VersionRules rules;
    private final Settlements settlements = new Settlements();
    private final Lineages lineages = new Lineages();
    private final AcknowledgedLeases acknowledged = new AcknowledgedLeases();

    private Policy policy = Policy.initial();
    /** What {@code steps} alone says of it; announcements between steps stand only on {@code policy}. */
    private Policy policyOfSteps = policy;

    private Lineage lineage = policy.lineage();
    private StepNumber nextStep = new StepNumber(0);
    private StepRecord.@Nullable Lease open;
    private StepRecord.@Nullable Acknowledgement lastAck;
    private long stepsInVersion;
    /** Where the newest durable checkpoint that the trainer named resumes; null while it named none. */
    private @Nullable StepNumber checkpoint;

    private StepRecord.@Nullable Snapshot snapshot;
    private long recordsSinceSnapshot;
    private boolean empty = true;

    public StepLedger(Capacity capacity) {
        this(capacity, VersionRules.defaults());
    }

    public StepLedger(Capacity capacity, VersionRules rules) {
        this.capacity = capacity;
        this.rules = rules;
    }

    /**
     * Takes a record as it stands on {@code steps}, in order.
     *
     * @throws IllegalStateException when it does not follow from those before it
     */
    public void replay(StepRecord record) {
        switch (record) {
            case StepRecord.Lease lease -> apply(lease);
            case StepRecord.Acknowledgement ack -> apply(ack);
            case StepRecord.Discard discard -> {
                settle(discard.groupIndex());
                check(settlements.counted(0, 1, 0), discard.totals());
            }
            case StepRecord.Abandonment abandonment -> {
                settle(abandonment.groupIndex());
                check(settlements.counted(0, 0, 1), abandonment.totals());
            }
            case StepRecord.Rejection rejection -> settlements.reject(rejection);
            case StepRecord.Missing missing -> settlements.miss(missing);
            case StepRecord.LeaseVoid gone -> apply(gone);
            case StepRecord.Skip skip -> settlements.skip(skip);
            case StepRecord.Resume resume -> apply(resume);
            case StepRecord.Snapshot copy -> apply(copy);
        }
        noted();
    }

    private void noted() {
        empty = false;
        recordsSinceSnapshot++;
    }

    /**
     * Whether a record of {@code policy} can be the last beside all of {@code steps}. If not, one of the topics has lost
     * its tail: records of both are written in one transaction, and each log may lose what the other keeps.
     */
    public boolean follows(Policy last) {
        return last.lineage().equals(lineage)
                && last.weightVersion().compareTo(policyOfSteps.weightVersion()) >= 0
                && last.trainedGroups() <= trainedOfSteps();
    }

    /** The policy as {@code steps} alone tells it. */
    public Policy policyOfSteps() {
        return policyOfSteps;
    }

    /** Groups trained in this lineage, by numbers alone: the recorded steps may not be handed in yet. */
    private long trainedOfSteps() {
        long again = Math.max(0, lineages.recordedBefore(nextStep).value() - nextStep.value());
        return Math.max(0, settlements.totals().trained() - again * capacity.batchGroups());
    }

    private void heard(WeightVersion version, long sinceMs) {
        if (version.compareTo(policyOfSteps.weightVersion()) > 0) {
            policyOfSteps =
                    new Policy(lineage, version, trainedOfSteps(), Policy.State.READY, sinceMs, policyOfSteps.words());
        }
    }

    /**
     * Takes the last record of {@code policy}, after all of {@code steps}.
     *
     * @throws IllegalStateException when it is of another lineage
     */
    public void replay(Policy last) {
        if (!last.lineage().equals(lineage)) {
            throw new IllegalStateException("policy does not follow: it is of lineage " + last.lineage()
                    + " where steps is in lineage " + lineage);
        }
        policy = new Policy(
                last.lineage(),
                last.weightVersion(),
                last.trainedGroups(),
                last.state(),
                last.sinceMs(),
                last.words().withJumpMax(rules.jumpMax()));
        countStepsInVersion();
    }

    /**
     * Of a version that no acknowledgement names, {@code steps} does not say since when it is the current one; the
     * policy's count of trained groups does. What acknowledgements say is never less.
     */
    private void countStepsInVersion() {
        long groups = Math.max(0, trainedInLineage() - policy.trainedGroups());
        stepsInVersion = Math.min(stepsInVersion, Math.ceilDiv(groups, capacity.batchGroups()));
    }

    /** Groups trained, without those of recorded steps that are still to be trained again. */
    private long trainedInLineage() {
        return settlements.totals().trained() - lineages.groupsFrom(nextStep);
    }

    /** Takes what the trainer says of its weights. */
    public PolicyDecision announce(Announcement announcement, long nowMs) {
        if (isSaidAgain(announcement)) {
            return new PolicyDecision.Unchanged(policy);
        }
        PolicyDecision decision = announcement.on(policy, rules, trainedInLineage(), nowMs);
        if (decision instanceof PolicyDecision.Changed changed) {
            policy = changed.policy();
            stepsInVersion = changed.newVersion() ? 0 : stepsInVersion;
        }
        return decision;
    }

    /** The word that began a count anew, in the lineage before: whoever said it may not have had the answer. */
    private boolean isSaidAgain(Announcement announcement) {
        StepRecord.Resume last = lineages.last();
        return last != null
                && last.weightsGoOn()
                && last.step().equals(nextStep)
                && open == null
                && announcement.lineage().next().equals(lineage)
                && policy.state() == Policy.State.READY
                && policy.word().equals(announcement.version());
    }

    /** Whether and how this step can be leased; changes nothing. */
    public LeaseDecision mayLease(StepNumber step) {
        if (open != null) {
            return step.equals(open.step())
                    ? new LeaseDecision.SameLease(open, warnings())
                    : new LeaseDecision.WrongStep(
                            step,
                            open.step(),
                            "step " + open.step() + " is leased; acknowledge it before step " + step + " is leased");
        }
        if (!step.equals(nextStep)) {
            String why = step.compareTo(nextStep) < 0
                    ? "step " + step + " was acknowledged before; the next step is " + nextStep
                    : "step " + step + " is not due; the next step is " + nextStep;
            return new LeaseDecision.WrongStep(step, nextStep, why);
        }
        if (lineages.isReplayed(step)) {
            return new LeaseDecision.MayReplay(step);
        }
        if (stepsInVersion >= capacity.stepsUntilNewVersion()) {
            return new LeaseDecision.UnfillableAtThisVersion("step " + step + " can never be filled: the trainer took "
                    + stepsInVersion + " steps with weight version " + policy.word()
                    + " and announced no newer one, and with steps-per-version " + capacity.stepsPerVersion()
                    + " and pipeline-depth " + capacity.pipelineDepth() + " only " + capacity.stepsUntilNewVersion()
                    + " steps are generated for one version. Acknowledge each " + capacity.stepsPerVersion()
                    + ". step with its new weight_version, or start producer and trainer consumer with the"
                    + " steps-per-version that the trainer really takes.");
        }
        return new LeaseDecision.MayLease(step, warnings());
    }

    private List<String> warnings() {
        if (stepsInVersion < capacity.stepsPerVersion()) {
            return List.of();
        }
        return List.of("step " + nextStep + " is number " + (stepsInVersion + 1) + " with weight version "
                + policy.word() + ", steps-per-version is " + capacity.stepsPerVersion() + "; after "
                + capacity.stepsUntilNewVersion() + " steps without a new version no further step can be filled");
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
        if (!(mayLease(step) instanceof LeaseDecision.MayLease)) {
            throw new IllegalStateException("step " + step + " may not be leased: " + mayLease(step));
        }
        if (groups.size() != capacity.batchGroups()) {
            throw new IllegalStateException("a step has " + capacity.batchGroups() + " groups, not " + groups.size());
        }
        return leased(step, groups, maskBelow, id, nowMs);
    }

    private StepRecord.Lease leased(
            StepNumber step, List<ManifestEntry> groups, @Nullable WeightVersion maskBelow, LeaseId id, long nowMs) {
        StepRecord.Lease lease = new StepRecord.Lease(
                lineage, step, id, policy.weightVersion(), policy.words().offset(), nowMs, groups, maskBelow);
        apply(lease);
        noted();
        return lease;
    }

    /**
     * Leases the recorded step that is due, with the groups it had and the tokens masked that were.
     *
     * @param id drawn for this lease
     * @throws IllegalStateException when none is to be replayed, or it was not handed in
     */
    public StepRecord.Lease leaseRecorded(LeaseId id, long nowMs) {
        StepRecord.Lease recorded = lineages.recorded(nextStep);
        if (!(mayLease(nextStep) instanceof LeaseDecision.MayReplay) || recorded == null) {
            throw new IllegalStateException("step " + nextStep + " is no recorded step that is due");
        }
        return leased(nextStep, recorded.groups(), recorded.maskBelow(), id, nowMs);
    }

    /** Hands in the recorded steps that are still to be replayed. */
    public void recorded(List<StepHistory.Kept> steps) {
        NavigableMap<StepNumber, StepRecord.Lease> leases = new TreeMap<>();
        steps.forEach(kept -> leases.put(kept.lease().step(), kept.lease()));
        lineages.recorded(leases);
        countStepsInVersion();
    }

    /** Whether the next step is a recorded one. */
    public boolean isReplaying() {
        return lineages.isReplayed(nextStep);
    }

    /** Up to which step, exclusive, this lineage has steps, those that are still to be replayed with them. */
    public StepNumber recordedBefore() {
        return lineages.recordedBefore(nextStep);
    }

    /**
     * @param token what the trainer was given with the step
     * @param word what the trainer calls the weight version that this step led to; null when it goes on with the current
     *     one
     * @param named the step at which the trainer's newest durable checkpoint resumes; null when it does not say
     */
    public AckDecision acknowledge(
            LeaseToken token, @Nullable WeightVersion word, @Nullable StepNumber named, long nowMs) {
        StepNumber step = token.step();
        StepRecord.Lease lease = open;
        if (acknowledged.contains(token) && token.lineage().equals(lineage)) {
            if (named != null && named.compareTo(nextStep) <= 0) {
                // Not a record of its own: the next acknowledgement carries it, and until then more is kept.
                checkpoint = newest(checkpoint, named);
            }
            return again(step, word);
        }
        if (lease == null || !lease.token().equals(token)) {
            return new AckDecision.NotTheOpenLease(token, whyNotOpen(token));
        }
        WeightVersion version = null;
        VersionWords words = policy.words();
        if (word != null) {
            switch (rules.acknowledged(policy, word)) {
                case VersionRules.Meaning.Version means -> {
                    version = means.version();
                    words = means.words();
                }
                case VersionRules.Meaning.Refused refused -> {
                    return new AckDecision.VersionTooHigh(refused.why());
                }
                case VersionRules.Meaning.Restart restart ->
                    throw new IllegalStateException("an acknowledgement restarts no count");
            }
        }
        if (version != null && word != null && version.compareTo(policy.weightVersion()) <= 0) {
            return new AckDecision.VersionNotNewer(word, policy.word());
        }
        if (named != null && named.compareTo(step.next()) > 0) {
            return new AckDecision.CheckpointAhead(named, step.next());
        }
        List<GroupIndex> groups = train(lease);
        StepRecord.Acknowledgement ack = new StepRecord.Acknowledgement(
                lineage, step, token.id(), version, nowMs, settlements.totals(), newest(checkpoint, named));
        close(ack);
        noted();
        List<ControlRecord> records = new ArrayList<>();
        records.add(ack);
        if (version != null) {
            policy = new Policy(lineage, version, Math.max(0, trainedInLineage()), Policy.State.READY, nowMs, words);
            records.add(policy);
        }
        return new AckDecision.Acknowledged(lease, records, groups);
    }

    /** Why a lease cannot be fetched or acknowledged; of one that is not the open one. */
    public String whyNotOpen(LeaseToken token) {
        StepNumber step = token.step();
        if (!token.lineage().equals(lineage)) {
            return "the lease of step " + step + " is of lineage " + token.lineage() + ", the run is in lineage "
                    + lineage + "; a trainer that goes on leases step " + nextStep + ", one that was replaced ends";
        }
        if (step.compareTo(nextStep) < 0) {
            return "step " + step + " was acknowledged before; the next step is " + nextStep;
        }
        if (open == null) {
            return "step " + step + " is not leased; lease step " + nextStep + " first";
        }
        return step.equals(open.step())
                ? "this lease of step " + step + " is void, since the step was leased anew; lease it again"
                : "step " + step + " is not leased; the leased step is " + open.step();
    }

    private static @Nullable StepNumber newest(@Nullable StepNumber known, @Nullable StepNumber named) {
        return known == null || (named != null && named.compareTo(known) > 0) ? named : known;
    }

    /** A repeated acknowledgement is fine unless it says something new. */
    private AckDecision again(StepNumber step, @Nullable WeightVersion word) {
        WeightVersion version = word == null
                ? null
                : new WeightVersion(Math.max(0, word.value() + policy.words().offset()));
        if (version == null || (lastAck != null && isSame(lastAck, step, version))) {
            return new AckDecision.AlreadyAcknowledged(step);
        }
        boolean older = lastAck == null || !lastAck.lineage().equals(lineage) || step.compareTo(lastAck.step()) < 0;
        if (older && version.compareTo(policy.weightVersion()) <= 0) {
            // Which version an older step led to is not kept; it can only be one that is known by now.
            return new AckDecision.AlreadyAcknowledged(step);
        }
        return new AckDecision.Conflict(
                step,
                "step " + step + " was acknowledged before without weight version " + word
                        + "; announce it with the acknowledgement of step " + nextStep + " or later");
    }

    private boolean isSame(StepRecord.Acknowledgement ack, StepNumber step, WeightVersion version) {
        return ack.lineage().equals(lineage) && ack.step().equals(step) && version.equals(ack.newWeightVersion());
    }

    /**
     * Whether and how the run can go back to a step; changes nothing.
     *
     * @param asked the lineage that this opens
     */
    public ResumeDecision mayResume(StepNumber step, ResumeMode mode, Lineage asked) {
        StepRecord.Resume last = lineages.last();
        if (asked.equals(lineage) && last != null && last.step().equals(step)) {
            return new ResumeDecision.AlreadyResumed(lineage, step);
        }
        if (!asked.equals(lineage.next())) {
            return new ResumeDecision.Refused("the run is in lineage " + lineage
                    + (last == null ? "" : ", which resumed at step " + last.step())
                    + "; a resumption can open lineage " + lineage.next() + ", not " + asked);
        }
        if (step.compareTo(nextStep) > 0) {
            return new ResumeDecision.Refused("the run cannot resume at step " + step
                    + ", which is ahead of it: steps 0 to " + nextStep + " are possible");
        }
        StepNumber recordedBefore = recordedBefore();
        return new ResumeDecision.MayResume(
                lineage.next(), step, mode == ResumeMode.REPLAY ? recordedBefore : step, recordedBefore, null, null);
    }

    /** How the lineage of a trainer that counts anew is opened: at the next step, with new groups. */
    public ResumeDecision.MayResume restart(VersionWords words) {
        return new ResumeDecision.MayResume(lineage.next(), nextStep, nextStep, recordedBefore(), words, null);
    }

    /**
     * Goes back to a step; a lease that is open is void. Engines may still serve later weights, so the lineage begins
     * updating, until the trainer says ready; but for a trainer that counts anew, which has just said so.
     *
     * @param may what {@link #mayResume} allowed
     * @param steps the recorded ones from the step on, all up to {@code recordedBefore}
     * @return the records to be written in one transaction before anyone is told
     */
    public List<ControlRecord> resume(ResumeDecision.MayResume may, List<StepHistory.Kept> steps, long nowMs) {
        if (steps.size() != may.recordedBefore().value() - may.step().value()) {
            throw new IllegalStateException("of the steps from " + may.step() + " to before " + may.recordedBefore()
                    + " only " + steps.size() + " are on record");
        }
        VersionWords restarted = may.restarted();
        WeightVersion version = steps.isEmpty() || restarted != null
                ? policy.weightVersion()
                : steps.getFirst().lease().weightVersion();
        WeightVersion word = may.word();
        VersionWords words = word == null
                ? policy.words().unconfirmed(offset(steps))
                : policy.words().stated(word, version);
        boolean replay = may.replayBefore().compareTo(may.step()) > 0;
        long again = replay
                ? steps.stream().mapToLong(kept -> kept.lease().groups().size()).sum()
                : 0;
        long trained = Math.max(0, settlements.totals().trained() - again);
        StepRecord.Resume resume = new StepRecord.Resume(
                may.lineage(),
                may.step(),
                version,
                may.replayBefore(),
                trained,
                nowMs,
                restarted == null ? words.offset() : restarted.offset(),
                restarted != null);
        apply(resume);
        noted();
        if (replay) {
            recorded(steps);
        }
        policy = restarted == null
                ? new Policy(lineage, version, trained, Policy.State.UPDATING, nowMs, words)
                : new Policy(lineage, version, trained, Policy.State.READY, nowMs, restarted);
        return List.of(resume, policy);
    }

    /** By what words the weights were called with which the first of these steps was trained. */
    private long offset(List<StepHistory.Kept> steps) {
        return steps.isEmpty()
                ? policy.words().offset()
                : steps.getFirst().lease().versionOffset();
    }

    /**
     * A snapshot of this ledger, to be written in the transaction that an acknowledgement or a resumption begins. Nothing
     * changes: where it is written, {@link #take} says so.
     *
     * @param reads where each partition of {@code results} has to be read from
     * @param receiptsFrom where {@code receipts} has to be read from
     * @param duplicates counted so far
     */
    public StepRecord.Snapshot snapshot(
            List<StepRecord.Snapshot.ResultsRead> reads, long receiptsFrom, long duplicates) {
        if (open != null) {
            throw new IllegalStateException("no snapshot while step " + open.step() + " is leased");
        }
        return new StepRecord.Snapshot(
                lineage,
                nextStep,
                stepsInVersion,
                lastAck,
                settlements.totals(),
                policy,
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
    void take(StepRecord.Snapshot copy) {
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

    /** Notes a result that cannot be used; the group stays unsettled. */
    public StepRecord.Rejection reject(GroupIndex index, Attempt attempt, int partition, long offset, String reason) {
        StepRecord.Rejection rejection = new StepRecord.Rejection(index, attempt, partition, offset, reason);
        replay(rejection);
        return rejection;
    }

    /** Notes that a result which a receipt names is not there; the group stays unsettled. */
    public StepRecord.Missing missing(StepRecord.Missing missing) {
        replay(missing);
        return missing;
    }

    /**
     * Gives up the open lease, whose groups cannot all be read back; they stay unsettled and the step is leased anew. A
     * recorded step has no other groups, so its lease cannot be given up.
     *
     * @return the record to be written before anyone is told
     * @throws IllegalStateException when no step is leased, or a recorded one
     */
    public StepRecord.LeaseVoid voidLease(String reason) {
        StepRecord.Lease lease = open;
        if (lease == null) {
            throw new IllegalStateException("no step is leased");
        }
        StepRecord.LeaseVoid gone = new StepRecord.LeaseVoid(lease.lineage(), lease.step(), reason);
        replay(gone);
        return gone;
    }

    /** Notes a record that names no group. */
    public StepRecord.Skip skip(int partition, long offset, String reason) {
        StepRecord.Skip skip = new StepRecord.Skip(partition, offset, reason);
        replay(skip);
        return skip;
    }

    private void apply(StepRecord.Lease lease) {
        if (open != null || !lease.step().equals(nextStep) || !lease.lineage().equals(lineage)) {
            throw broken("lease of step " + lease.step() + " of lineage " + lease.lineage());
        }
        boolean again = lineages.isReplayed(lease.step());
        for (ManifestEntry entry : lease.groups()) {
            if (isSettled(entry.groupIndex()) != again) {
                throw broken("lease of step " + lease.step() + " with the " + (again ? "un" : "") + "settled group "
                        + entry.groupIndex());
            }
        }
        open = lease;
        heard(lease.weightVersion(), lease.leasedAtMs());
    }

    private void apply(StepRecord.LeaseVoid gone) {
        if (open == null
                || !gone.step().equals(open.step())
                || !gone.lineage().equals(lineage)
                || lineages.isReplayed(gone.step())) {
            throw broken("void lease of step " + gone.step() + " of lineage " + gone.lineage());
        }
        open = null;
    }

    private void apply(StepRecord.Acknowledgement ack) {
        if (open == null || !open.token().equals(new LeaseToken(ack.lineage(), ack.step(), ack.leaseId()))) {
            throw broken("acknowledgement of step " + ack.step() + " of lineage " + ack.lineage());
        }
        train(open);
        check(settlements.totals(), ack.totals());
        close(ack);
    }

    private void apply(StepRecord.Resume resume) {
        if (!resume.lineage().equals(lineage.next()) || resume.step().compareTo(nextStep) > 0) {
            throw broken("resumption of lineage " + resume.lineage() + " at step " + resume.step());
        }
        lineages.add(resume);
        lineage = resume.lineage();
        nextStep = resume.step();
        open = null;
        stepsInVersion = 0;
        checkpoint = capped(checkpoint, resume.step());
        VersionWords before = policyOfSteps.words();
        policyOfSteps = new Policy(
                lineage,
                resume.weightVersion(),
                resume.trainedGroups(),
                resume.weightsGoOn() ? Policy.State.READY : Policy.State.UPDATING,
                resume.resumedAtMs(),
                resume.weightsGoOn()
                        ? before.confirmed(resume.versionOffset())
                        : before.unconfirmed(resume.versionOffset()));
    }

    /** Checkpoints of the future that was given up are no longer any. */
    private static @Nullable StepNumber capped(@Nullable StepNumber checkpoint, StepNumber step) {
        return checkpoint != null && checkpoint.compareTo(step) > 0 ? step : checkpoint;
    }

    private void apply(StepRecord.Snapshot copy) {
        if (empty) {
            restore(copy);
        } else if (open != null
                || !copy.lineage().equals(lineage)
                || !copy.nextStep().equals(nextStep)
                || !copy.totals().equals(settlements.totals())) {
            throw broken("snapshot before step " + copy.nextStep() + " of lineage " + copy.lineage());
        }
        settlements.forgetBelow(copy.results());
        snapshot = copy;
        recordsSinceSnapshot = 0;
    }

    private void restore(StepRecord.Snapshot copy) {
        settlements.restore(copy);
        lineages.restore(copy.resumes());
        lineage = copy.lineage();
        policyOfSteps = copy.policy();
        nextStep = copy.nextStep();
        stepsInVersion = copy.stepsInVersion();
        lastAck = copy.lastAcknowledgement();
        if (lastAck != null) {
            acknowledged.add(lastAck);
        }
        checkpoint = lastAck == null ? null : lastAck.checkpointStep();
        for (StepRecord.Resume resume : copy.resumes()) {
            if (lastAck != null && resume.lineage().compareTo(lastAck.lineage()) > 0) {
                checkpoint = capped(checkpoint, resume.step());
            }
        }
    }

    /** Settles the groups of the open step, unless it is a recorded one. */
    private List<GroupIndex> train(StepRecord.Lease lease) {
        if (lineages.isReplayed(lease.step())) {
            return List.of();
        }
        List<GroupIndex> groups =
                lease.groups().stream().map(ManifestEntry::groupIndex).toList();
        groups.forEach(this::settleOne);
        settlements.counted(groups.size(), 0, 0);
        return groups;
    }

    /** Ends the open step. */
    private void close(StepRecord.Acknowledgement ack) {
        open = null;
        nextStep = ack.step().next();
        lastAck = ack;
        acknowledged.add(ack);
        checkpoint = ack.checkpointStep();
        stepsInVersion = ack.newWeightVersion() == null ? stepsInVersion + 1 : 0;
        if (ack.newWeightVersion() != null) {
            heard(ack.newWeightVersion(), ack.acknowledgedAtMs());
        }
    }

    private void settle(GroupIndex index) {
        if (isLeased(index)) {
            throw broken("settlement of the leased group " + index);
        }
        settleOne(index);
    }

    private void settleOne(GroupIndex index) {
        if (!settlements.settle(index)) {
            throw broken("second settlement of group " + index);
        }
    }

    private void check(Totals counted, Totals written) {
        if (!counted.equals(written)) {
            throw broken(written + " is written where " + counted + " is counted");
        }
    }

    private IllegalStateException broken(String what) {
        return new IllegalStateException("steps does not follow: " + what + " when the next step is " + nextStep
                + (open == null ? "" : " and step " + open.step() + " is leased"));
    }

    @Override
    public boolean isLeased(GroupIndex index) {
        return open != null
                && open.groups().stream().anyMatch(entry -> entry.groupIndex().equals(index));
    }

    @Override
    public boolean isSettled(GroupIndex index) {
        return settlements.isSettled(index);
    }

    @Override
    public boolean isRejected(GroupIndex index, Attempt attempt, int partition, long offset) {
        return settlements.isRejected(index, attempt, partition, offset);
    }

    @Override
    public boolean isOver(GroupIndex index, Attempt attempt) {
        return settlements.isOver(index, attempt);
    }

    @Override
    public boolean isSkipped(int partition, long offset) {
        return settlements.isSkipped(partition, offset);
    }

    @Override
    public @Nullable String ahead(Lineage issued, WeightVersion newest) {
        return policy.isAhead(newest) || isOfACountThatEnded(issued, newest)
                ? "ahead: it was issued in lineage " + issued + " and has tokens of weight version " + newest
                        + ", lineage " + lineage + " is at " + policy.weightVersion()
                        + (policy.words().confirmed() ? "" : " and has not been ready yet")
                : null;
    }

    /**
     * Whether the weights may have been pushed by a trainer that ended before it announced them, and the next one counts
     * anew. That can only be the version after its last one: once the new count has come there, what is above is its own.
     */
    private boolean isOfACountThatEnded(Lineage issued, WeightVersion newest) {
        StepRecord.Resume last = lineages.last();
        return last != null
                && last.weightsGoOn()
                && issued.compareTo(lineage) < 0
                && policy.weightVersion().equals(last.weightVersion())
                && newest.compareTo(policy.weightVersion()) > 0;
    }

    @Override
    public boolean isLost(Lineage issued, WeightVersion newest) {
        return lineages.isLost(issued, newest);
    }

    public Policy policy() {
        return policy;
    }

    public Lineage lineage() {
        return lineage;
    }

    public Totals totals() {
        return settlements.totals();
    }

    /** The step that is leased, or would be next. */
    public StepNumber nextStep() {
        return nextStep;
    }

    /** @return null while no step is leased */
    public StepRecord.@Nullable Lease openLease() {
        return open;
    }

    /** Steps acknowledged since the current weight version was announced. */
    public long stepsInVersion() {
        return stepsInVersion;
    }

    /** @return null while the trainer has named none */
    public @Nullable StepNumber checkpoint() {
        return checkpoint;
    }

    /** @return null before the first */
    public StepRecord.@Nullable Snapshot lastSnapshot() {
        return snapshot;
    }

    /** Records taken or made since the last snapshot. */
    public long recordsSinceSnapshot() {
        return recordsSinceSnapshot;
    }

    /** Whether nothing was ever decided in the run. */
    public boolean isEmpty() {
        return empty;
    }

    /** Results rejected so far. */
    public long rejected() {
        return settlements.rejected();
    }

    /** Records that name no group so far. */
    public long skipped() {
        return settlements.skipped();
    }
}
