package io.millrace.producer.ledger.account;

import io.millrace.common.batch.OpenLeases;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the trainer consumer has settled, by its own word on {@code steps}: read from the beginning or from any snapshot
 * on, it comes to the same. What is settled stays settled. Owned by the ledger.
 */
public final class Settlements {
    private final SettledIndices settled = new SettledIndices();
    private final LongConsumer onSettled;
    private StepRecord.Totals totals = StepRecord.Totals.NONE;
    private final OpenLeases open = new OpenLeases();
    private StepRecord.@Nullable Acknowledgement lastAcknowledgement;

    /** @param onSettled gets each group as it is settled by name; what a low-water mark or snapshot settles is not named */
    public Settlements(LongConsumer onSettled) {
        this.onSettled = onSettled;
    }

    public void lease(StepRecord.Lease lease) {
        open.add(lease);
    }

    /** The lease of this step is void, and those behind it. */
    public void voidLease(StepNumber step) {
        open.voidFrom(step);
    }

    /** Leases that were open are void. */
    public void voidLeases() {
        open.clear();
    }

    /** @throws IllegalStateException when the step is not the oldest that is leased: {@code steps} is damaged */
    public void acknowledged(StepRecord.Acknowledgement ack) {
        StepRecord.Acknowledgement before = lastAcknowledgement;
        if (before != null
                && before.lineage().equals(ack.lineage())
                && before.step().equals(ack.step())) {
            return;
        }
        StepRecord.Lease lease = open.oldest();
        if (lease == null
                || !lease.lineage().equals(ack.lineage())
                || !lease.step().equals(ack.step())) {
            throw new IllegalStateException("steps: lineage " + ack.lineage() + " step " + ack.step()
                    + " is acknowledged, the oldest step leased is "
                    + (lease == null ? "none" : "lineage " + lease.lineage() + " step " + lease.step())
                    + ": the run's account is damaged");
        }
        for (StepRecord.ManifestEntry entry : lease.groups()) {
            close(entry.groupIndex());
        }
        open.removeOldest();
        lastAcknowledgement = ack;
        take(ack.totals());
    }

    public void settled(GroupIndex index, StepRecord.Totals newest) {
        close(index);
        take(newest);
    }

    /** Nothing waits for the group any more, whether {@code steps} knows its end or not. */
    public void close(GroupIndex index) {
        if (settled.add(index)) {
            onSettled.accept(index.value());
        }
    }

    /** Everything before it is folded in it, so this becomes what it says. */
    public void snapshot(StepRecord.Snapshot snapshot) {
        settled.restore(snapshot.settled());
        open.clear();
        lastAcknowledgement = snapshot.lastAcknowledgement();
        take(snapshot.totals());
    }

    private void take(StepRecord.Totals newest) {
        totals = newest;
        // Normally this says nothing new; it does where the steps that led to it could not be read.
        settled.raiseTo(newest.lowWaterMark());
    }

    public boolean contains(GroupIndex index) {
        return settled.contains(index);
    }

    public long lowWaterMark() {
        return settled.lowWaterMark();
    }

    public StepRecord.Totals totals() {
        return totals;
    }
}
