package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import org.jspecify.annotations.Nullable;

/** What is settled or decided for good, as the collector must know it. */
public interface Settlement extends GroupEnds {
    /** Whether the group is one of the leased step's, so that nothing but its acknowledgement settles it. */
    boolean isLeased(GroupIndex index);

    /** Whether the result of this attempt at this place was rejected before; another one may have taken the place since. */
    boolean isRejected(GroupIndex index, Attempt attempt, int partition, long offset);

    /** Whether the record at this place, which names no group, was passed over before. */
    boolean isSkipped(int partition, long offset);

    /** Whether a group belongs to a lineage that was given up: issued in it, with a token of weights after it. */
    boolean isLost(Lineage issued, WeightVersion newest);

    /**
     * Why a result is refused that has tokens of weights which the run does not know of.
     *
     * @return null when it has none; they may be one version above the current one
     */
    @Nullable
    String ahead(Lineage issued, WeightVersion newest);
}
