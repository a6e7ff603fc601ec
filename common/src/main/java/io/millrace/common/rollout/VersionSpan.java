package io.millrace.common.rollout;

import io.millrace.common.id.WeightVersion;

/**
 * Response tokens {@code from} (inclusive) to {@code to} (exclusive) were made by this weight version.
 */
public record VersionSpan(WeightVersion version, int from, int to) {
    public VersionSpan {
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("a version span needs 0 <= from <= to, was " + from + " to " + to);
        }
    }
}
