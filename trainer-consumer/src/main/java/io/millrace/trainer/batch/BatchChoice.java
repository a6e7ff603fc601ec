package io.millrace.trainer.batch;

import io.millrace.trainer.collect.Finished;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Which finished groups make the next step. */
public sealed interface BatchChoice {
    /**
     * The step's groups.
     *
     * @param groups ascending by group index
     */
    record Ready(List<Finished> groups) implements BatchChoice {
        public Ready {
            groups = List.copyOf(groups);
        }
    }

    /** Too few groups have finished. */
    record NotYet(int have, int need) implements BatchChoice {}

    /**
     * The oldest groups first: what has waited longest is trained next, and a straggler joins the step after it ends.
     *
     * @param finished groups that are neither settled nor leased, ascending by index
     * @param batchGroups how many make a step
     */
    static BatchChoice oldestFirst(Collection<Finished> finished, int batchGroups) {
        if (finished.size() < batchGroups) {
            return new NotYet(finished.size(), batchGroups);
        }
        List<Finished> oldest = new ArrayList<>(batchGroups);
        for (Finished group : finished) {
            if (oldest.size() == batchGroups) {
                break;
            }
            if (!oldest.isEmpty() && oldest.getLast().groupIndex().compareTo(group.groupIndex()) >= 0) {
                throw new IllegalArgumentException("finished groups must ascend, " + group.groupIndex() + " came after "
                        + oldest.getLast().groupIndex());
            }
            oldest.add(group);
        }
        return new Ready(oldest);
    }
}
