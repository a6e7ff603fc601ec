package io.millrace.trainer.steps;

import io.millrace.common.batch.Capacity;
import io.millrace.common.batch.OpenLeases;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.trainer.collect.Settlement;
import io.millrace.trainer.policy.CurrentPolicy;
import io.millrace.trainer.policy.VersionRules;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The fold over the records of {@code steps} and the last record of {@code policy}, and nothing else. Not thread-safe.
 */
abstract sealed class StepState implements Settlement permits StepLedger {
    final Capacity capacity;
    final Settlements settlements = new Settlements();
    final Lineages lineages = new Lineages();
    final StepCursor steps = new StepCursor();
    final CurrentPolicy policy;

    private StepRecord.@Nullable Snapshot snapshot;
    private long recordsSinceSnapshot;
    private boolean empty = true;
    private Consumer<GroupIndex> onSettled = index -> {};

    StepState(Capacity capacity, VersionRules rules) {
        this.capacity = capacity;
        this.policy = new CurrentPolicy(capacity, rules);
    }

    /**
     * Takes a record as it stands on {@code steps}, in order.
     *
     * @throws IllegalStateException when it does not follow from those before it
     */
    public void fold(StepRecord record) {
        switch (record) {
            case StepRecord.Lease lease -> apply(lease);
            case StepRecord.Acknowledgement ack -> {
                if (!steps.isOldest(new LeaseToken(ack.lineage(), ack.step(), ack.leaseId()))) {
                    throw broken("acknowledgement of step " + ack.step() + " of lineage " + ack.lineage());
                }
                train();
                check(settlements.totals(), ack.totals());
                close(ack);
            }
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

    /** @param onSettled gets each group as it is settled from now on; a snapshot's are not named */
    public void onSettled(Consumer<GroupIndex> onSettled) {
        this.onSettled = onSettled;
    }

    final void noted() {
        empty = false;
        recordsSinceSnapshot++;
    }

    /**
     * Whether a record of {@code policy} can be the last beside all of {@code steps}. If not, one of the topics has lost
     * its tail: records of both are written in one transaction, and each log may lose what the other keeps.
     */
    public boolean follows(Policy last) {
        return last.lineage().equals(lineage())
                && last.weightVersion().compareTo(policyOfSteps().weightVersion()) >= 0
                && last.trainedGroups() <= trainedOfSteps();
    }

    /** The policy as {@code steps} alone tells it. */
    public Policy policyOfSteps() {
        return policy.ofSteps();
    }

    /** Groups trained in this lineage, by numbers alone: the recorded steps may not be handed in yet. */
    private long trainedOfSteps() {
        long again = Math.max(0, recordedBefore().value() - nextStep().value());
        return Math.max(0, settlements.totals().trained() - again * capacity.batchGroups());
    }

    /**
     * Takes the last record of {@code policy}, after all of {@code steps}.
     *
     * @throws IllegalStateException when it is of another lineage
     */
    public void fold(Policy last) {
        if (!last.lineage().equals(lineage())) {
            throw new IllegalStateException("policy does not follow: it is of lineage " + last.lineage()
                    + " where steps is in lineage " + lineage());
        }
        policy.found(last, trainedInLineage());
    }

    /** Groups trained, without those of recorded steps that are still to be trained again. */
    final long trainedInLineage() {
        return settlements.totals().trained() - lineages.groupsFrom(nextStep());
    }

    /** Hands in the recorded steps that are still to be replayed. */
    public void recorded(List<StepHistory.Kept> kept) {
        lineages.recorded(kept);
        policy.countSteps(trainedInLineage());
    }

    /** Whether the next step is a recorded one. */
    public boolean isReplaying() {
        return isReplayed(nextStep());
    }

    /** Whether this step is a recorded one, to be trained again. */
    public boolean isReplayed(StepNumber step) {
        return lineages.isReplayed(step);
    }

    /** Up to which step, exclusive, this lineage has steps, those that are still to be replayed with them. */
    public StepNumber recordedBefore() {
        return lineages.recordedBefore(nextStep());
    }

    private void apply(StepRecord.Lease lease) {
        if (steps.open().isOpen(lease.token())) {
            return;
        }
        if (!lease.step().equals(steps.due()) || !lease.lineage().equals(lineage())) {
            throw broken("lease of step " + lease.step() + " of lineage " + lease.lineage());
        }
        boolean again = lineages.isReplayed(lease.step());
        for (ManifestEntry entry : lease.groups()) {
            if (isSettled(entry.groupIndex()) != again) {
                throw broken("lease of step " + lease.step() + " with the " + (again ? "un" : "") + "settled group "
                        + entry.groupIndex());
            }
            if (isLeased(entry.groupIndex())) {
                throw broken("lease of step " + lease.step() + " with the leased group " + entry.groupIndex());
            }
        }
        steps.open().add(lease);
        heard(lease.weightVersion(), lease.leasedAtMs());
    }

    private void heard(WeightVersion version, long sinceMs) {
        policy.heard(lineage(), version, sinceMs, trainedOfSteps());
    }

    private void apply(StepRecord.LeaseVoid gone) {
        if (steps.open().of(gone.step()) == null
                || !gone.lineage().equals(lineage())
                || lineages.isReplayed(gone.step())) {
            throw broken("void lease of step " + gone.step() + " of lineage " + gone.lineage());
        }
        steps.open().voidFrom(gone.step());
    }

    private void apply(StepRecord.Resume resume) {
        if (!resume.lineage().equals(lineage().next()) || resume.step().compareTo(nextStep()) > 0) {
            throw broken("resumption of lineage " + resume.lineage() + " at step " + resume.step());
        }
        lineages.add(resume);
        steps.resume(resume);
        policy.resumed(resume);
    }

    final void apply(StepRecord.Snapshot copy) {
        if (empty) {
            settlements.restore(copy);
            lineages.restore(copy);
            policy.restore(copy);
            steps.restore(copy);
        } else if (!copy.lineage().equals(lineage())
                || !copy.nextStep().equals(nextStep())
                || !copy.totals().equals(settlements.totals())) {
            throw broken("snapshot before step " + copy.nextStep() + " of lineage " + copy.lineage());
        }
        settlements.forgetBelow(copy.results());
        snapshot = copy;
        recordsSinceSnapshot = 0;
    }

    /** Settles the groups of the oldest open step, unless it is a recorded one. */
    final List<GroupIndex> train() {
        StepRecord.Lease lease = openLease();
        if (lease == null || lineages.isReplayed(lease.step())) {
            return List.of();
        }
        List<GroupIndex> groups =
                lease.groups().stream().map(ManifestEntry::groupIndex).toList();
        groups.forEach(this::settleOne);
        settlements.counted(groups.size(), 0, 0);
        return groups;
    }

    final void close(StepRecord.Acknowledgement ack) {
        steps.close(ack);
        WeightVersion version = ack.newWeightVersion();
        policy.trained(version != null);
        if (version != null) {
            heard(version, ack.acknowledgedAtMs());
        }
    }

    final void settle(GroupIndex index) {
        if (isLeased(index)) {
            throw broken("settlement of the leased group " + index);
        }
        settleOne(index);
    }

    private void settleOne(GroupIndex index) {
        if (!settlements.settle(index)) {
            throw broken("second settlement of group " + index);
        }
        onSettled.accept(index);
    }

    private void check(Totals counted, Totals written) {
        if (!counted.equals(written)) {
            throw broken(written + " is written where " + counted + " is counted");
        }
    }

    private IllegalStateException broken(String what) {
        return new IllegalStateException("steps does not follow: " + what + " when the next step is " + nextStep()
                + (openLease() == null ? "" : " and it is leased"));
    }

    @Override
    public boolean isLeased(GroupIndex index) {
        return steps.isLeased(index);
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
        return policy().isAhead(newest) || lineages.isOfACountThatEnded(issued, newest, policy().weightVersion())
                ? "ahead: it was issued in lineage " + issued + " and has tokens of weight version " + newest
                        + ", lineage " + lineage() + " is at " + policy().weightVersion()
                        + (policy().words().confirmed() ? "" : " and has not been ready yet")
                : null;
    }

    @Override
    public boolean isLost(Lineage issued, WeightVersion newest) {
        return lineages.isLost(issued, newest);
    }

    public Policy policy() {
        return policy.get();
    }

    public Lineage lineage() {
        return lineages.current();
    }

    public Totals totals() {
        return settlements.totals();
    }

    /** The step that is acknowledged next, whether it is leased or not. */
    public StepNumber nextStep() {
        return steps.next();
    }

    /** The lease that is acknowledged next; null while no step is leased. */
    public StepRecord.@Nullable Lease openLease() {
        return steps.open().oldest();
    }

    /** All leases that are open. */
    public OpenLeases openLeases() {
        return steps.open();
    }

    /** The first step that is not leased. */
    public StepNumber dueStep() {
        return steps.due();
    }

    /** Steps that will have been taken with the current weight version when the open ones are, if none leads to another. */
    public long stepsTaken() {
        return stepsInVersion() + steps.open().size();
    }

    /** Steps acknowledged since the current weight version was announced. */
    public long stepsInVersion() {
        return policy.stepsInVersion();
    }

    /** @return null while the trainer has named none */
    public @Nullable StepNumber checkpoint() {
        return steps.checkpoint();
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
