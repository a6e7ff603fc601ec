package io.millrace.trainer.steps;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.trainer.collect.Settlement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private final SettledIndices settled = new SettledIndices();
    /** Of unsettled groups only. */
    private final Map<GroupIndex, Set<Place>> rejectedPlaces = new HashMap<>();

    private Policy policy = Policy.initial();
    private Totals totals = Totals.NONE;
    private StepNumber nextStep = new StepNumber(0);
    private StepRecord.@Nullable Lease open;
    private StepRecord.@Nullable Acknowledgement lastAck;
    private long stepsInVersion;
    private long rejected;

    private record Place(int partition, long offset) {}

    public StepLedger(Capacity capacity) {
        this.capacity = capacity;
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
                totals = checked(totals(0, 1, 0), discard.totals());
            }
            case StepRecord.Abandonment abandonment -> {
                settle(abandonment.groupIndex());
                totals = checked(totals(0, 0, 1), abandonment.totals());
            }
            case StepRecord.Rejection rejection -> apply(rejection);
            case StepRecord.Skip skip -> throw broken("a skip");
            case StepRecord.Resume resume -> throw broken("a resumption");
            case StepRecord.Snapshot snapshot -> throw broken("a snapshot");
        }
    }

    /** Takes the last record of {@code policy}, after all of {@code steps}. */
    public void replay(Policy last) {
        policy = last;
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
        if (stepsInVersion >= capacity.stepsUntilNewVersion()) {
            return new LeaseDecision.UnfillableAtThisVersion("step " + step + " can never be filled: the trainer took "
                    + stepsInVersion + " steps with weight version " + policy.weightVersion()
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
                + policy.weightVersion() + ", steps-per-version is " + capacity.stepsPerVersion() + "; after "
                + capacity.stepsUntilNewVersion() + " steps without a new version no further step can be filled");
    }

    /**
     * Leases the step that {@link #mayLease} allowed.
     *
     * @param groups ascending by index, as many as a step has
     * @return the record to be written before anyone is told
     * @throws IllegalStateException when it is not allowed, or a group is settled
     */
    public StepRecord.Lease lease(StepNumber step, List<ManifestEntry> groups, long nowMs) {
        if (!(mayLease(step) instanceof LeaseDecision.MayLease)) {
            throw new IllegalStateException("step " + step + " may not be leased: " + mayLease(step));
        }
        if (groups.size() != capacity.batchGroups()) {
            throw new IllegalStateException("a step has " + capacity.batchGroups() + " groups, not " + groups.size());
        }
        StepRecord.Lease lease = new StepRecord.Lease(policy.lineage(), step, policy.weightVersion(), nowMs, groups);
        apply(lease);
        return lease;
    }

    /**
     * @param version the weight version this step led to; null when the trainer goes on with the current one
     */
    public AckDecision acknowledge(StepNumber step, @Nullable WeightVersion version, long nowMs) {
        if (step.compareTo(nextStep) < 0) {
            return again(step, version);
        }
        if (open == null || !step.equals(open.step())) {
            String why = open == null
                    ? "step " + step + " is not leased; lease step " + nextStep + " first"
                    : "step " + step + " is not leased; the leased step is " + open.step();
            return new AckDecision.WrongStep(step, nextStep, why);
        }
        if (version != null && version.compareTo(policy.weightVersion()) <= 0) {
            return new AckDecision.VersionNotNewer(version, policy.weightVersion());
        }
        StepRecord.Lease lease = open;
        List<GroupIndex> groups =
                lease.groups().stream().map(ManifestEntry::groupIndex).toList();
        Totals after = train(groups);
        StepRecord.Acknowledgement ack =
                new StepRecord.Acknowledgement(lease.lineage(), step, version, nowMs, after, null);
        close(ack);
        List<ControlRecord> records = new ArrayList<>();
        records.add(ack);
        if (version != null) {
            policy = new Policy(policy.lineage(), version, totals.trained(), Policy.State.READY, nowMs);
            records.add(policy);
        }
        return new AckDecision.Acknowledged(step, records, groups);
    }

    /** A repeated acknowledgement is fine unless it says something new. */
    private AckDecision again(StepNumber step, @Nullable WeightVersion version) {
        if (version == null || (lastAck != null && isSame(lastAck, step, version))) {
            return new AckDecision.AlreadyAcknowledged(step);
        }
        if (lastAck != null && step.compareTo(lastAck.step()) < 0 && version.compareTo(policy.weightVersion()) <= 0) {
            // Which version an older step led to is not kept; it can only be one that is known by now.
            return new AckDecision.AlreadyAcknowledged(step);
        }
        return new AckDecision.Conflict(
                step,
                "step " + step + " was acknowledged before without weight version " + version
                        + "; announce it with the acknowledgement of step " + nextStep + " or later");
    }

    private static boolean isSame(StepRecord.Acknowledgement ack, StepNumber step, WeightVersion version) {
        return ack.step().equals(step) && version.equals(ack.newWeightVersion());
    }

    /**
     * Settles a group whose attempts are used up.
     *
     * @return the record to be written before anyone is told
     * @throws IllegalStateException when the group is settled or leased
     */
    public StepRecord.Abandonment abandon(GroupIndex index, Attempt lastAttempt, String cause) {
        settle(index);
        totals = totals(0, 0, 1);
        return new StepRecord.Abandonment(index, lastAttempt, cause, totals);
    }

    /** Notes a result that cannot be used; the group stays unsettled. */
    public StepRecord.Rejection reject(GroupIndex index, Attempt attempt, int partition, long offset, String reason) {
        StepRecord.Rejection rejection = new StepRecord.Rejection(index, attempt, partition, offset, reason);
        apply(rejection);
        return rejection;
    }

    private void apply(StepRecord.Lease lease) {
        if (open != null || !lease.step().equals(nextStep)) {
            throw broken("lease of step " + lease.step());
        }
        for (ManifestEntry entry : lease.groups()) {
            if (isSettled(entry.groupIndex())) {
                throw broken("lease of step " + lease.step() + " with the settled group " + entry.groupIndex());
            }
        }
        open = lease;
    }

    private void apply(StepRecord.Acknowledgement ack) {
        if (open == null || !ack.step().equals(open.step())) {
            throw broken("acknowledgement of step " + ack.step());
        }
        checked(train(open.groups().stream().map(ManifestEntry::groupIndex).toList()), ack.totals());
        close(ack);
    }

    /** Settles the groups of the open step; the totals with them. */
    private Totals train(List<GroupIndex> groups) {
        groups.forEach(this::settleOne);
        return totals(groups.size(), 0, 0);
    }

    /** Ends the open step. */
    private void close(StepRecord.Acknowledgement ack) {
        open = null;
        totals = ack.totals();
        nextStep = ack.step().next();
        lastAck = ack;
        stepsInVersion = ack.newWeightVersion() == null ? stepsInVersion + 1 : 0;
    }

    private void apply(StepRecord.Rejection rejection) {
        rejected++;
        rejectedPlaces
                .computeIfAbsent(rejection.groupIndex(), index -> new HashSet<>())
                .add(new Place(rejection.partition(), rejection.offset()));
    }

    private void settle(GroupIndex index) {
        if (isLeased(index)) {
            throw broken("settlement of the leased group " + index);
        }
        settleOne(index);
    }

    private void settleOne(GroupIndex index) {
        if (!settled.add(index)) {
            throw broken("second settlement of group " + index);
        }
        rejectedPlaces.remove(index);
    }

    /** The totals with so many more, of groups that stand in {@link #settled} by now. */
    private Totals totals(long trained, long discarded, long abandoned) {
        return new Totals(
                totals.trained() + trained,
                totals.discarded() + discarded,
                totals.abandoned() + abandoned,
                settled.lowWaterMark());
    }

    private Totals checked(Totals counted, Totals written) {
        if (!counted.equals(written)) {
            throw broken(written + " is written where " + counted + " is counted");
        }
        return written;
    }

    private IllegalStateException broken(String what) {
        return new IllegalStateException("steps does not follow: " + what + " when the next step is " + nextStep
                + (open == null ? "" : " and step " + open.step() + " is leased"));
    }

    private boolean isLeased(GroupIndex index) {
        return open != null
                && open.groups().stream().anyMatch(entry -> entry.groupIndex().equals(index));
    }

    @Override
    public boolean isSettled(GroupIndex index) {
        return settled.contains(index);
    }

    @Override
    public boolean isRejected(GroupIndex index, int partition, long offset) {
        return rejectedPlaces.getOrDefault(index, Set.of()).contains(new Place(partition, offset));
    }

    public Policy policy() {
        return policy;
    }

    public Lineage lineage() {
        return policy.lineage();
    }

    public Totals totals() {
        return totals;
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

    /** Results rejected so far. */
    public long rejected() {
        return rejected;
    }
}
