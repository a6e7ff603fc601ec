package io.millrace.producer.ledger;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.account.HeldByWorkers;
import io.millrace.producer.ledger.account.KeptRecords;
import io.millrace.producer.ledger.account.LaneQueue;
import io.millrace.producer.ledger.account.RewardWindow;
import io.millrace.producer.ledger.account.Settlements;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.ledger.group.Group;
import io.millrace.producer.ledger.group.GroupState;
import io.millrace.producer.ledger.group.Issue;
import io.millrace.producer.ledger.group.UnsettledGroups;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Follows every group from its publication to its settlement, and holds only those in between.
 *
 * <p>Events of one topic come in that topic's order, but topics run apart: a receipt may be read before the publication
 * it is about, a status after the receipt, anything after the settlement. Each event therefore only adds a fact to its
 * group, the state follows from the facts ({@link Group}), and what is settled stays settled ({@link Settlements}). Fed
 * twice with the same event it does not change. The trainer consumer settles; what is to be issued again or given up
 * follows from the states ({@link Reissues}), and is a fact only when it is fed back as published. Times are of the
 * ledger's own monotonic clock, milliseconds. One owner.
 */
public final class Ledger {
    /** Groups that may be named without having been published; more means that somebody writes nonsense. */
    public static final int ANNOUNCED_MAX = 100_000;

    private static final Attempt FIRST = new Attempt(1);

    private static final int REWARD_WINDOW_GROUPS = 1_000;

    private final UnsettledGroups groups;
    private final DueGroups dueGroups;
    private final Settlements settlements = new Settlements(this::drop);
    private final Map<Lane, LaneQueue> queues = new EnumMap<>(Lane.class);
    private final KeptRecords kept = new KeptRecords();
    private final HeldByWorkers held;
    private final RewardWindow rewards = new RewardWindow(REWARD_WINDOW_GROUPS);
    private final GroupKind kind;
    private long published;
    private long highestPublished = -1;

    /** @param kind of all its groups; it has the queues of that kind's lanes */
    public Ledger(GroupKind kind, Reissues reissues) {
        this.kind = kind;
        this.held = new HeldByWorkers(kind);
        this.groups = new UnsettledGroups(reissues::overAtMs);
        this.dueGroups = new DueGroups(groups, reissues);
        for (Lane lane : Lane.of(kind)) {
            queues.put(lane, new LaneQueue());
        }
    }

    public GroupKind kind() {
        return kind;
    }

    /**
     * A task stands on a lane, committed.
     *
     * @param offset its offset there
     * @return false when it is not ours: a later attempt of a group that was never published
     */
    public boolean published(Lane lane, TrainingTask task, long offset, long nowMs) {
        kept.read(TrimmedTopic.of(lane), offset + 1);
        long index = task.groupIndex().value();
        boolean first = task.attempt().equals(FIRST);
        // Indices rise with the offsets of first attempts, so anything lower was read before.
        if (first && index > highestPublished) {
            highestPublished = index;
            published++;
        }
        if (settlements.contains(task.groupIndex())) {
            return true;
        }
        Group group = groups.get(index);
        if (!first && (group == null || !group.published())) {
            return false;
        }
        if (group == null) {
            group = groups.add(index);
        }
        if (!group.published(lane, task, offset)) {
            return true;
        }
        kept.keep(TrimmedTopic.of(lane), offset, index);
        keep(task.partial(), index);
        LaneQueue queue = queue(lane);
        if (queue.isPast(offset)) {
            group.taken(task.attempt(), nowMs);
        } else {
            queue.add(new LaneQueue.Entry(offset, index, task.attempt().value(), nowMs));
        }
        groups.refresh(group);
        return true;
    }

    private void keep(@Nullable PartialRef partial, long index) {
        if (partial != null) {
            kept.keep(TrimmedTopic.PARTIALS, partial.begin(), index);
            kept.read(TrimmedTopic.PARTIALS, partial.end());
        }
    }

    /** Everything of the topic up to this offset, exclusive, was read, ours or not. */
    public void read(TrimmedTopic topic, long end) {
        kept.read(topic, end);
    }

    /** A group's abandonment was written. It counts at once, and for good when its receipt is read back. */
    public void givingUp(GroupIndex index, Attempt number, long nowMs) {
        Group group = groups.get(index.value());
        if (group != null && group.published()) {
            group.givingUp(number, nowMs);
            groups.refresh(group);
        }
    }

    /**
     * Abandonments of which no receipt was read back in time: with the tail of a log they may be gone, and the groups are
     * where their latest attempts are.
     *
     * @return those groups
     */
    public List<GroupIndex> doubtful(Liveness liveness, long nowMs) {
        return dueGroups.doubtful(liveness, nowMs);
    }

    /**
     * An attempt ended at a worker.
     *
     * @param offset where the receipt stands
     */
    public ReceiptFate receipt(Receipt receipt, long offset, long nowMs) {
        kept.read(TrimmedTopic.RECEIPTS, offset + 1);
        if (receipt.outcome() instanceof Receipt.Success success) {
            rewards.add(success.rewards().mean());
        }
        if (settlements.contains(receipt.groupIndex())) {
            return ReceiptFate.LATE;
        }
        Group group = named(receipt.groupIndex());
        if (group == null) {
            return ReceiptFate.UNKNOWN;
        }
        boolean late = group.isGivenUp();
        group.taken(receipt.attempt(), nowMs);
        boolean hadSucceeded = group.hasSucceeded();
        boolean news = group.ended(receipt);
        if (news) {
            kept.keep(TrimmedTopic.RECEIPTS, offset, group.index);
            if (receipt.outcome() instanceof Receipt.HandedBack back) {
                keep(back.partial(), group.index);
            }
        }
        groups.refresh(group);
        // Noted all the same: the marker may turn out to be missing.
        return late && !(receipt.outcome() instanceof Receipt.Abandoned)
                ? ReceiptFate.LATE
                : ReceiptFate.of(receipt.outcome(), hadSucceeded, news);
    }

    /** A worker said what it holds; a status older than one known of the same incarnation changes nothing. */
    public void workerStatus(WorkersRecord.Status status, long nowMs) {
        if (!held.isNews(status)) {
            return;
        }
        for (WorkersRecord.HeldGroup heldGroup : status.held(kind)) {
            Group group = groups.get(heldGroup.groupIndex().value());
            if (group != null) {
                group.heldBy(status.worker(), heldGroup.attempt(), nowMs);
                groups.refresh(group);
            }
        }
        for (long index : held.take(status, nowMs)) {
            Group group = groups.get(index);
            if (group != null) {
                group.releasedBy(status.worker(), nowMs);
                groups.refresh(group);
            }
        }
    }

    /** Every task below this offset of the lane has left its queue. Offsets below a known one say nothing. */
    public void queueStart(Lane lane, long offset, long nowMs) {
        for (LaneQueue.Entry entry : queue(lane).moveTo(offset)) {
            Group group = groups.get(entry.group());
            if (group != null) {
                group.taken(new Attempt(entry.attempt()), nowMs);
                groups.refresh(group);
            }
        }
    }

    /** The tasks of a lane that nobody is known to have taken; a view. */
    public QueuedTasks queued(Lane lane) {
        return new QueuedTasks(queue(lane), entry -> groups.isQueued(entry.group(), entry.attempt()));
    }

    private LaneQueue queue(Lane lane) {
        return queues.computeIfAbsent(lane, none -> new LaneQueue());
    }

    /**
     * The trainer consumer decided something.
     *
     * @return what a rejection or a missing result came to; null for other records
     * @throws IllegalStateException when a step is acknowledged that is not the one leased last: {@code steps} is
     *     damaged, and whoever counts from it would count wrong
     */
    public @Nullable ReceiptFate step(StepRecord record) {
        switch (record) {
            case StepRecord.Lease lease -> settlements.lease(lease);
            case StepRecord.Acknowledgement ack -> settlements.acknowledged(ack);
            case StepRecord.Discard discard -> settlements.settled(discard.groupIndex(), discard.totals());
            case StepRecord.Abandonment abandonment ->
                settlements.settled(abandonment.groupIndex(), abandonment.totals());
            case StepRecord.Rejection rejection -> {
                return over(
                        rejection.groupIndex(),
                        rejection.attempt(),
                        group -> group.rejected(rejection.attempt(), "rejected: " + rejection.reason()));
            }
            case StepRecord.Missing missing -> {
                return missing(missing);
            }
            case StepRecord.LeaseVoid gone -> settlements.voidLease(gone.step());
            case StepRecord.Skip skip -> {}
            case StepRecord.Resume resume -> settlements.voidLeases();
            case StepRecord.Snapshot snapshot -> {
                settlements.snapshot(snapshot);
                groups.indices(index -> settlements.contains(new GroupIndex(index)))
                        .forEach(this::drop);
                snapshot.rejections().forEach(this::step);
                snapshot.missing().forEach(this::step);
            }
        }
        while (groups.first() < settlements.lowWaterMark()) {
            drop(groups.first());
        }
        return null;
    }

    private ReceiptFate missing(StepRecord.Missing missing) {
        String cause = "its result is missing at partition " + missing.partition() + " offsets " + missing.offsets()
                + ": " + missing.reason().text();
        return over(missing.groupIndex(), missing.attempt(), group -> group.missing(missing.attempt(), cause));
    }

    /** An attempt came to nothing by the trainer consumer's word. */
    private ReceiptFate over(GroupIndex index, Attempt attempt, Predicate<Group> end) {
        if (settlements.contains(index)) {
            return ReceiptFate.LATE;
        }
        Group group = named(index);
        if (group == null) {
            return ReceiptFate.UNKNOWN;
        }
        boolean news = end.test(group);
        groups.refresh(group);
        return news && !group.overtaken(attempt) ? ReceiptFate.FAILED : ReceiptFate.SUPERSEDED;
    }

    /**
     * What is to be issued again or given up now, ascending. It says the same again until the outcome is fed back. Costs
     * what is due, however much is not.
     *
     * @param max how many decisions at most
     */
    public List<Decision> due(Liveness liveness, long nowMs, int max) {
        return dueGroups.due(liveness, nowMs, max);
    }

    /**
     * These groups are closed, wherever they are: nothing waits for them any more. For a kind that {@code steps} does not
     * settle.
     *
     * @param to exclusive
     */
    public void close(GroupIndex from, GroupIndex to) {
        for (long index = from.value(); index < to.value(); index++) {
            settlements.close(new GroupIndex(index));
        }
    }

    /** Forgets workers that have said nothing for long, stopped or not; returns them. */
    public List<WorkerIncarnation> forgetWorkers(long nowMs) {
        return held.forget(nowMs);
    }

    /** Groups that workers heard since then hold by their newest statuses, whatever has become of them since. */
    public long heldSince(long sinceMs) {
        return held.groups(sinceMs);
    }

    /** Workers heard since then that have not stopped. */
    public long workersSince(long sinceMs) {
        return held.working(sinceMs);
    }

    private void drop(long index) {
        if (groups.remove(index)) {
            kept.settled(index);
        }
    }

    /** The unsettled group, made where this is the first word of it; null where too many are announced. */
    private @Nullable Group named(GroupIndex index) {
        return groups.get(index.value()) != null || groups.count(GroupState.Kind.ANNOUNCED) < ANNOUNCED_MAX
                ? groups.add(index.value())
                : null;
    }

    /** Where a group is; null when it is settled, or nothing is known of it. */
    public @Nullable GroupState state(GroupIndex index) {
        Group group = groups.get(index.value());
        return group == null ? null : group.state();
    }

    /** The newest task of an unsettled group; null when there is none. */
    public @Nullable Issue issue(GroupIndex index) {
        Group group = groups.get(index.value());
        return group == null ? null : group.issue();
    }

    public boolean isSettled(GroupIndex index) {
        return settlements.contains(index);
    }

    /** The trainer consumer's own count, as of its newest record. */
    public StepRecord.Totals totals() {
        return settlements.totals();
    }

    /** Records of the topic below this offset are needed no more. */
    public long neededFrom(TrimmedTopic topic) {
        return kept.neededFrom(topic);
    }

    /** The same of a topic that has records of another ledger's groups too. */
    public long neededFrom(TrimmedTopic topic, Ledger other) {
        return LongStream.concat(kept.lowest(topic).stream(), other.kept.lowest(topic).stream())
                .min()
                .orElse(Math.max(kept.neededFrom(topic), other.kept.neededFrom(topic)));
    }

    public LedgerCounts counts() {
        return new LedgerCounts(
                published,
                groups.count(GroupState.Kind.ANNOUNCED),
                groups.count(GroupState.Kind.QUEUED),
                groups.count(GroupState.Kind.IN_FLIGHT),
                groups.count(GroupState.Kind.FINISHED),
                groups.count(GroupState.Kind.FAILED),
                groups.count(GroupState.Kind.ABANDONING),
                settlements.lowWaterMark(),
                rewards.mean());
    }
}
