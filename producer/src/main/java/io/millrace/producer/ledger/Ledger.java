package io.millrace.producer.ledger;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Follows every group from its publication to its settlement, and holds only those in between.
 *
 * <p>Events of one topic come in that topic's order, but topics run apart: a receipt may be read before the publication
 * it is about, a status after the receipt, anything after the settlement. Each event therefore only adds a fact to its
 * group, the state follows from the facts ({@link Group}), and what is settled stays settled ({@link SettledIndices}).
 * Fed twice with the same event it does not change. It decides nothing: the trainer consumer settles, and who reissues
 * reads the states here. One owner.
 */
public final class Ledger {
    /** Groups that may be named without having been published; more means that somebody writes nonsense. */
    public static final int ANNOUNCED_MAX = 100_000;

    private static final int REWARD_WINDOW_GROUPS = 1_000;

    private record WorkerView(long sequence, Set<Long> held) {}

    private enum SettledEnd {
        TRAINED,
        DISCARDED,
        ABANDONED
    }

    private final NavigableMap<Long, Group> groups = new TreeMap<>();
    private final SettledIndices settled = new SettledIndices();
    private final Map<WorkerIncarnation, WorkerView> workers = new HashMap<>();
    private final Map<GroupState.Kind, Long> byKind = new EnumMap<>(GroupState.Kind.class);
    private final Map<SettledEnd, Long> byEnd = new EnumMap<>(SettledEnd.class);
    private final RewardWindow rewards = new RewardWindow(REWARD_WINDOW_GROUPS);
    private StepRecord.Totals totals = StepRecord.Totals.NONE;
    private StepRecord.@Nullable Lease openLease;
    private StepRecord.@Nullable Acknowledgement lastAcknowledgement;
    private long published;
    private long highestPublished = -1;
    private long queueStartOffset;

    public Ledger() {
        for (GroupState.Kind kind : GroupState.Kind.values()) {
            byKind.put(kind, 0L);
        }
        for (SettledEnd end : SettledEnd.values()) {
            byEnd.put(end, 0L);
        }
    }

    /**
     * A task stands on the prompts topic, committed.
     *
     * @param offset its offset there
     * @param nowMs the ledger's clock, as everywhere here
     */
    public void published(TrainingTask task, long offset, long nowMs) {
        long index = task.groupIndex().value();
        // Indices rise with offsets, so anything lower was read before.
        if (index > highestPublished) {
            highestPublished = index;
            published++;
        }
        if (settled.contains(task.groupIndex())) {
            return;
        }
        Group group = groups.get(index);
        if (group == null) {
            group = add(index);
        }
        if (group.published()) {
            return;
        }
        group.published(task.attempt(), offset);
        if (group.standsBelow(queueStartOffset)) {
            group.takenFromQueue(nowMs);
        }
        refresh(group);
    }

    /** An attempt ended at a worker. */
    public ReceiptFate receipt(Receipt receipt, long nowMs) {
        if (receipt.outcome() instanceof Receipt.Success success) {
            rewards.add(success.rewards().mean());
        }
        if (settled.contains(receipt.groupIndex())) {
            return ReceiptFate.LATE;
        }
        Group group = named(receipt.groupIndex());
        if (group == null) {
            return ReceiptFate.UNKNOWN;
        }
        group.takenFromQueue(nowMs);
        boolean hadSucceeded = group.hasSucceeded();
        boolean news = switch (receipt.outcome()) {
            case Receipt.Success success -> group.succeeded(receipt.attempt());
            case Receipt.Failure failure ->
                group.failed(receipt.attempt(), failure.kind() + ": " + failure.message())
                        && !group.overtaken(receipt.attempt());
            case Receipt.HandedBack back ->
                group.failed(receipt.attempt(), "handed back: " + back.reason()) && !group.overtaken(receipt.attempt());
        };
        refresh(group);
        boolean success = receipt.outcome() instanceof Receipt.Success;
        if (hadSucceeded) {
            return success ? ReceiptFate.DUPLICATE : ReceiptFate.SUPERSEDED;
        }
        if (!news) {
            return ReceiptFate.SUPERSEDED;
        }
        return success ? ReceiptFate.FINISHED : ReceiptFate.FAILED;
    }

    /** A worker said what it holds; a status older than one known of the same incarnation changes nothing. */
    public void workerStatus(WorkersRecord.Status status, long nowMs) {
        WorkerView before = workers.get(status.worker());
        if (before != null && status.sequence() <= before.sequence()) {
            return;
        }
        Set<Long> held = new HashSet<>();
        for (WorkersRecord.HeldGroup heldGroup : status.groups()) {
            long index = heldGroup.groupIndex().value();
            Group group = settled.contains(heldGroup.groupIndex()) ? null : named(heldGroup.groupIndex());
            if (group != null) {
                held.add(index);
                group.heldBy(status.worker(), nowMs);
                refresh(group);
            }
        }
        if (before != null) {
            for (long index : before.held()) {
                Group group = held.contains(index) ? null : groups.get(index);
                if (group != null) {
                    group.releasedBy(status.worker(), nowMs);
                    refresh(group);
                }
            }
        }
        if (status.state() == WorkersRecord.State.STOPPED && held.isEmpty()) {
            workers.remove(status.worker());
        } else {
            workers.put(status.worker(), new WorkerView(status.sequence(), held));
        }
    }

    /** Every task below this offset of the prompts topic has left the queue. Offsets below a known one say nothing. */
    public void queueStart(long offset, long nowMs) {
        if (offset <= queueStartOffset) {
            return;
        }
        queueStartOffset = offset;
        for (Group group : groups.values()) {
            if (!group.published()) {
                continue;
            }
            if (!group.standsBelow(offset)) {
                // Offsets rise with indices.
                return;
            }
            if (!group.hasLeftQueue()) {
                group.takenFromQueue(nowMs);
                refresh(group);
            }
        }
    }

    /**
     * The trainer consumer decided something.
     *
     * @return what a rejection came to; null for other records
     * @throws IllegalStateException when a step is acknowledged that is not the one leased last: {@code steps} is damaged
     */
    public @Nullable ReceiptFate step(StepRecord record) {
        switch (record) {
            case StepRecord.Lease lease -> openLease = lease;
            case StepRecord.Acknowledgement ack -> acknowledged(ack);
            case StepRecord.Discard discard -> {
                settle(discard.groupIndex().value(), SettledEnd.DISCARDED);
                take(discard.totals());
            }
            case StepRecord.Abandonment abandonment -> {
                settle(abandonment.groupIndex().value(), SettledEnd.ABANDONED);
                take(abandonment.totals());
            }
            case StepRecord.Rejection rejection -> {
                return rejected(rejection);
            }
            case StepRecord.Skip skip -> {}
            case StepRecord.Resume resume -> openLease = null;
            case StepRecord.Snapshot snapshot -> take(snapshot.totals());
        }
        return null;
    }

    private void acknowledged(StepRecord.Acknowledgement ack) {
        StepRecord.Acknowledgement before = lastAcknowledgement;
        if (before != null
                && before.lineage().equals(ack.lineage())
                && before.step().equals(ack.step())) {
            return;
        }
        StepRecord.Lease lease = openLease;
        if (lease == null
                || !lease.lineage().equals(ack.lineage())
                || !lease.step().equals(ack.step())) {
            throw new IllegalStateException("steps: lineage " + ack.lineage() + " step " + ack.step()
                    + " is acknowledged, the step leased last is "
                    + (lease == null ? "none" : "lineage " + lease.lineage() + " step " + lease.step()));
        }
        for (StepRecord.ManifestEntry entry : lease.groups()) {
            settle(entry.groupIndex().value(), SettledEnd.TRAINED);
        }
        openLease = null;
        lastAcknowledgement = ack;
        take(ack.totals());
    }

    private ReceiptFate rejected(StepRecord.Rejection rejection) {
        if (settled.contains(rejection.groupIndex())) {
            return ReceiptFate.LATE;
        }
        Group group = named(rejection.groupIndex());
        if (group == null) {
            return ReceiptFate.UNKNOWN;
        }
        boolean news = group.rejected(rejection.attempt(), "rejected: " + rejection.reason());
        refresh(group);
        return news ? ReceiptFate.FAILED : ReceiptFate.SUPERSEDED;
    }

    private void take(StepRecord.Totals newest) {
        totals = newest;
        // Normally this says nothing new; it does where the steps that led to it are no longer kept.
        settled.raiseTo(newest.lowWaterMark());
        while (!groups.isEmpty() && groups.firstKey() < settled.lowWaterMark()) {
            drop(groups.firstEntry().getValue());
        }
    }

    private void settle(long index, SettledEnd end) {
        if (!settled.add(new GroupIndex(index))) {
            return;
        }
        byEnd.merge(end, 1L, Long::sum);
        Group group = groups.get(index);
        if (group != null) {
            drop(group);
        }
    }

    private void drop(Group group) {
        groups.remove(group.index);
        byKind.merge(group.state().kind(), -1L, Long::sum);
    }

    private Group add(long index) {
        Group group = new Group(index);
        groups.put(index, group);
        byKind.merge(GroupState.Kind.ANNOUNCED, 1L, Long::sum);
        return group;
    }

    /** The unsettled group, made where this is the first word of it; null where too many are announced. */
    private @Nullable Group named(GroupIndex index) {
        Group group = groups.get(index.value());
        if (group != null) {
            return group;
        }
        return byKind.getOrDefault(GroupState.Kind.ANNOUNCED, 0L) < ANNOUNCED_MAX ? add(index.value()) : null;
    }

    private void refresh(Group group) {
        GroupState.Kind before = group.state().kind();
        GroupState.Kind after = group.refresh().kind();
        if (before != after) {
            byKind.merge(before, -1L, Long::sum);
            byKind.merge(after, 1L, Long::sum);
        }
    }

    /** Where a group is; null when it is settled, or nothing is known of it. */
    public @Nullable GroupState state(GroupIndex index) {
        Group group = groups.get(index.value());
        return group == null ? null : group.state();
    }

    public boolean isSettled(GroupIndex index) {
        return settled.contains(index);
    }

    /** The trainer consumer's own count, as of its newest record. */
    public StepRecord.Totals totals() {
        return totals;
    }

    /** How much memory the settled groups take; see {@link SettledIndices}. */
    int settledRanges() {
        return settled.ranges().size();
    }

    public LedgerCounts counts() {
        return new LedgerCounts(
                published,
                count(GroupState.Kind.ANNOUNCED),
                count(GroupState.Kind.QUEUED),
                count(GroupState.Kind.IN_FLIGHT),
                count(GroupState.Kind.FINISHED),
                count(GroupState.Kind.FAILED),
                count(SettledEnd.TRAINED),
                count(SettledEnd.DISCARDED),
                count(SettledEnd.ABANDONED),
                settled.lowWaterMark(),
                rewards.mean());
    }

    private long count(GroupState.Kind kind) {
        return byKind.getOrDefault(kind, 0L);
    }

    private long count(SettledEnd end) {
        return byEnd.getOrDefault(end, 0L);
    }
}
