package io.millrace.common.record;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import java.util.Collections;
import java.util.List;

/**
 * Where the unfinished samples of a group stand that a worker gave back: a record of {@code partials}, or its parts, in
 * the form of a group whose unfinished samples are aborted ones.
 *
 * <p>What stands at those offsets is a claim: after a loss of the log's tail another record may have taken them. All that
 * the reference says of the group must therefore be found in what is read there.
 *
 * @param offsets in the order of its parts, at least one; a part that was sent again stands behind later ones
 * @param attempt that wrote it
 * @param lineage its tokens were made in; a later one has no use for them
 * @param oldestVersion the oldest that made any of its tokens
 * @param responseTokens over all samples, finished ones too
 */
public record PartialRef(
        List<Long> offsets, Attempt attempt, Lineage lineage, WeightVersion oldestVersion, long responseTokens) {
    public PartialRef {
        offsets = List.copyOf(offsets);
        if (offsets.isEmpty()) {
            throw new IllegalArgumentException("a partial group stands at one offset at least");
        }
    }

    /** None of its records stands below. */
    public long begin() {
        return Collections.min(offsets);
    }

    /** The offset after all of its records. */
    public long end() {
        return Collections.max(offsets) + 1;
    }
}
