package io.millrace.trainer.batch;

import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.StaleMask;
import io.millrace.common.wire.BatchHeader;
import io.millrace.common.wire.PackedGroup;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step's groups, ready to be trained on. The groups' arrays are shared and must not be changed.
 *
 * @param lease what it is acknowledged by
 * @param weightVersion the trainer's version at hand-over, as the run numbers it, and as the groups' version spans do
 * @param word the same as the trainer called it, and as its engines do
 * @param maskBelow tokens of older versions have {@code loss_mask} 0; null where none are masked for their age
 * @param maskedTokens how many those are
 * @param share whose groups they are
 * @param advantages handed over with the groups; null for none
 * @param groups whole, ascending by group index, each once
 */
public record LeasedBatch(
        LeaseToken lease,
        WeightVersion weightVersion,
        WeightVersion word,
        @Nullable WeightVersion maskBelow,
        long maskedTokens,
        BatchShare share,
        @Nullable GroupAdvantages advantages,
        List<PackedGroup> groups) {
    public LeasedBatch {
        groups = List.copyOf(groups);
    }

    /**
     * What a lease hands over; the same each time.
     *
     * @param groups as they stand on the results topic, in the order of the lease
     */
    public static LeasedBatch of(StepRecord.Lease lease, List<PackedGroup> groups) {
        return of(lease, groups, BatchShare.WHOLE);
    }

    /**
     * What a lease hands over to one rank.
     *
     * @param groups the rank's, as above
     */
    public static LeasedBatch of(StepRecord.Lease lease, List<PackedGroup> groups, BatchShare share) {
        List<PackedGroup> masked = new ArrayList<>(groups.size());
        long maskedTokens = 0;
        WeightVersion below = lease.maskBelow();
        for (PackedGroup group : groups) {
            if (below == null || !StaleMask.touches(group.header(), below)) {
                masked.add(group);
                continue;
            }
            byte[] mask = group.lossMask();
            maskedTokens += StaleMask.apply(group.header(), below, mask);
            masked.add(group.withLossMask(mask));
        }
        return new LeasedBatch(
                lease.token(),
                lease.weightVersion(),
                lease.word(),
                lease.maskBelow(),
                maskedTokens,
                share,
                null,
                masked);
    }

    /** The same with advantages. */
    public LeasedBatch with(@Nullable GroupAdvantages more) {
        return new LeasedBatch(lease, weightVersion, word, maskBelow, maskedTokens, share, more, groups);
    }

    public Lineage lineage() {
        return lease.lineage();
    }

    public StepNumber step() {
        return lease.step();
    }

    /** For its form as one blob. */
    public BatchHeader header(RunId run) {
        return new BatchHeader(
                run,
                lineage(),
                step(),
                weightVersion,
                maskBelow,
                maskedTokens,
                share.isWhole() ? null : new BatchHeader.Share(share.rank(), share.world()));
    }
}
