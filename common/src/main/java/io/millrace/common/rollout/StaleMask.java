package io.millrace.common.rollout;

import io.millrace.common.id.WeightVersion;
import org.jspecify.annotations.Nullable;

/**
 * Masks tokens of old weight versions in a step's groups: a pure function of the groups and of the version on the step's
 * record, so that a step is the same however often it is read. Stateless.
 */
public final class StaleMask {
    private StaleMask() {}

    /**
     * Whether the group has a token to be masked.
     *
     * @param below tokens of older versions are masked; null masks none
     */
    public static boolean touches(GroupHeader header, @Nullable WeightVersion below) {
        return below != null && header.oldestWeightVersion().compareTo(below) < 0;
    }

    /**
     * Sets the loss mask of a group's older tokens to 0.
     *
     * @param mask of the group, changed in place
     * @return how many were 1 before and are 0
     */
    public static long apply(GroupHeader header, WeightVersion below, byte[] mask) {
        long tokens = 0;
        int at = 0;
        for (SampleHeader sample : header.samples()) {
            for (VersionSpan span : sample.weightVersions()) {
                if (span.version().compareTo(below) >= 0) {
                    continue;
                }
                for (int i = at + span.from(); i < at + span.to(); i++) {
                    tokens += mask[i];
                    mask[i] = 0;
                }
            }
            at += sample.responseLength();
        }
        return tokens;
    }
}
