package io.millrace.common.wire;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;

/**
 * Which blob a part is of. Two workers may publish the same group, and a worker may publish two attempts of it; their
 * parts must never be mixed.
 */
public record PartKey(GroupIndex groupIndex, Attempt attempt, WorkerIncarnation worker) {
    @Override
    public String toString() {
        return "group " + groupIndex + " attempt " + attempt + " of " + worker.key();
    }
}
