package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;

/** Which groups and which of their attempts have ended, so that nothing more of them is waited for. */
public interface GroupEnds {
    /** Whether the group has reached its one end. */
    boolean isSettled(GroupIndex index);

    /** Whether this attempt came to nothing: its result was rejected, or is missing. */
    boolean isOver(GroupIndex index, Attempt attempt);
}
