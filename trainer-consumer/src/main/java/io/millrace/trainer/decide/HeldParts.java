package io.millrace.trainer.decide;

import io.millrace.common.id.GroupIndex;
import java.util.OptionalLong;

/** Parts of groups that are not whole yet. */
@FunctionalInterface
public interface HeldParts {
    /**
     * Something of this group has won: parts of it that are held will never be of use.
     *
     * @return the first offset of those parts; empty where there are none
     */
    OptionalLong forget(GroupIndex index);
}
