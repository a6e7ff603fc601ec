package io.millrace.trainer.steps;

import io.millrace.common.batch.OpenLeases;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the run's steps stand: which is next or leased, which were acknowledged last, and the newest durable checkpoint.
 * Owned by the ledger.
 */
final class StepCursor {
    /**
     * A trainer repeats its last acknowledgement, or names a checkpoint with one of the last few. A restart knows those
     * since the last snapshot, and the one that the snapshot names.
     */
    private static final int ACKNOWLEDGED_MAX = 256;

    private final Deque<LeaseToken> acknowledged = new ArrayDeque<>();
    private StepNumber next = new StepNumber(0);
    private final OpenLeases open = new OpenLeases();
    private StepRecord.@Nullable Acknowledgement last;
    /** Where the newest durable checkpoint that the trainer named resumes; null while it named none. */
    private @Nullable StepNumber checkpoint;

    StepNumber next() {
        return next;
    }

    /** Those that are leased, the first of them at {@link #next}. */
    OpenLeases open() {
        return open;
    }

    /** The first step that is not leased. */
    StepNumber due() {
        return new StepNumber(next.value() + open.size());
    }

    /** The last acknowledgement; null before the first. */
    StepRecord.@Nullable Acknowledgement last() {
        return last;
    }

    @Nullable
    StepNumber checkpoint() {
        return checkpoint;
    }

    /** Leases that were open stand behind the snapshot again. */
    void restore(StepRecord.Snapshot copy) {
        next = copy.nextStep();
        last = copy.lastAcknowledgement();
        checkpoint = last == null ? null : last.checkpointStep();
        if (last != null) {
            remember(last);
        }
        for (StepRecord.Resume resume : copy.resumes()) {
            if (last != null && resume.lineage().compareTo(last.lineage()) > 0) {
                capCheckpoint(resume.step());
            }
        }
    }

    /** Ends the oldest open step. */
    void close(StepRecord.Acknowledgement ack) {
        open.removeOldest();
        next = ack.step().next();
        last = ack;
        checkpoint = ack.checkpointStep();
        remember(ack);
    }

    void resume(StepRecord.Resume resume) {
        next = resume.step();
        open.clear();
        capCheckpoint(resume.step());
    }

    /** Checkpoints of the future that was given up are no longer any. */
    private void capCheckpoint(StepNumber step) {
        if (checkpoint != null && checkpoint.compareTo(step) > 0) {
            checkpoint = step;
        }
    }

    private void remember(StepRecord.Acknowledgement ack) {
        if (acknowledged.size() == ACKNOWLEDGED_MAX) {
            acknowledged.removeFirst();
        }
        acknowledged.addLast(new LeaseToken(ack.lineage(), ack.step(), ack.leaseId()));
    }

    boolean isLeased(GroupIndex index) {
        return open.contains(index);
    }

    /** Whether this is the lease that is acknowledged next. */
    boolean isOldest(LeaseToken token) {
        StepRecord.Lease oldest = open.oldest();
        return oldest != null && oldest.token().equals(token);
    }

    boolean wasAcknowledged(LeaseToken token) {
        return acknowledged.contains(token);
    }

    /** The newest checkpoint when the trainer names this one now; null when none is known. */
    @Nullable
    StepNumber newest(@Nullable StepNumber named) {
        return checkpoint == null || (named != null && named.compareTo(checkpoint) > 0) ? named : checkpoint;
    }

    /**
     * A checkpoint is named with an acknowledgement that is repeated. That is no record of its own: the next
     * acknowledgement carries it, and until then more is kept.
     */
    void named(@Nullable StepNumber named) {
        if (named != null && named.compareTo(next) <= 0) {
            checkpoint = newest(named);
        }
    }

    /** A repeated acknowledgement is fine unless it says something new. */
    AckDecision again(StepNumber step, @Nullable WeightVersion word, Policy policy) {
        WeightVersion version = word == null
                ? null
                : new WeightVersion(Math.max(0, word.value() + policy.words().offset()));
        if (version == null || isSame(step, version, policy.lineage())) {
            return new AckDecision.AlreadyAcknowledged(step);
        }
        boolean older = last == null || !last.lineage().equals(policy.lineage()) || step.compareTo(last.step()) < 0;
        if (older && version.compareTo(policy.weightVersion()) <= 0) {
            // Which version an older step led to is not kept; it can only be one that is known by now.
            return new AckDecision.AlreadyAcknowledged(step);
        }
        return new AckDecision.Refused("step " + step + " was acknowledged before without weight version " + word
                + "; announce it with the acknowledgement of step " + next + " or later");
    }

    private boolean isSame(StepNumber step, WeightVersion version, Lineage lineage) {
        return last != null
                && last.lineage().equals(lineage)
                && last.step().equals(step)
                && version.equals(last.newWeightVersion());
    }

    /** Why a lease cannot be fetched, or not be acknowledged now. */
    String whyNotOpen(LeaseToken token, Lineage lineage) {
        StepNumber step = token.step();
        if (!token.lineage().equals(lineage)) {
            return "the lease of step " + step + " is of lineage " + token.lineage() + ", the run is in lineage "
                    + lineage + "; a trainer that goes on leases step " + next + ", one that was replaced ends";
        }
        if (step.compareTo(next) < 0) {
            return "step " + step + " was acknowledged before; the next step is " + next;
        }
        if (open.isOpen(token)) {
            return "step " + next + " is leased before step " + step + "; acknowledge it first";
        }
        StepRecord.Lease oldest = open.oldest();
        if (oldest == null) {
            return "step " + step + " is not leased; lease step " + next + " first";
        }
        return open.of(step) != null
                ? "this lease of step " + step + " is void, since the step was leased anew; lease it again"
                : "step " + step + " is not leased; the leased step is " + oldest.step();
    }

    /**
     * Why this step can be leased neither again nor anew; empty when it can.
     *
     * @param ahead how many steps may be leased behind the one that is acknowledged next
     */
    Optional<String> whyNotDue(StepNumber step, int ahead) {
        if (open.of(step) != null || (step.equals(due()) && open.size() <= ahead)) {
            return Optional.empty();
        }
        StepRecord.Lease oldest = open.oldest();
        if (oldest != null && step.compareTo(next) > 0) {
            return Optional.of("step " + oldest.step() + " is leased; acknowledge it before step " + step + " is leased"
                    + (ahead > 0 ? " (lease-ahead " + ahead + ")" : ""));
        }
        return Optional.of(
                step.compareTo(next) < 0
                        ? "step " + step + " was acknowledged before; the next step is " + next
                        : "step " + step + " is not due; the next step is " + next);
    }
}
