package io.millrace.trainer.collect;

import io.millrace.common.id.GroupIndex;

/** What is settled or decided for good, as the collector must know it. */
public interface Settlement {
    /** Whether the group has reached its one end. */
    boolean isSettled(GroupIndex index);

    /** Whether the result of this group at this place was rejected before. */
    boolean isRejected(GroupIndex index, int partition, long offset);
}
