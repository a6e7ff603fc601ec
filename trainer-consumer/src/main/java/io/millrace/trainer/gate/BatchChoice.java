package io.millrace.trainer.gate;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.trainer.collect.FinishedGroup;
import java.util.List;

/** What the gate says of the next step. */
public sealed interface BatchChoice {
    /**
     * The step's groups.
     *
     * @param groups ascending by group index
     */
    record Ready(List<FinishedGroup> groups) implements BatchChoice {
        public Ready {
            groups = List.copyOf(groups);
        }
    }

    /** Too few groups have finished. */
    record NotYet(int have, int need) implements BatchChoice {}

    /** In strict order: the next group has not finished. */
    record Missing(GroupIndex next, int have, int need) implements BatchChoice {}

    /**
     * Handing over now would push groups past the bound that have not finished.
     *
     * @param version they were issued at this weight version or before
     * @param unfinished how many those are
     * @param room how many of them the steps after this one can take in time
     */
    record Held(WeightVersion version, int unfinished, long room) implements BatchChoice {}
}
