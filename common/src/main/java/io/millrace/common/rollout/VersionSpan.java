package io.millrace.common.rollout;

import io.millrace.common.id.WeightVersion;
import java.util.Objects;

/**
 * Response tokens {@code from} (inclusive) to {@code to} (exclusive) were made by this weight version.
 */
public record VersionSpan(WeightVersion version, int from, int to) {
    public VersionSpan {
        Objects.requireNonNull(version, "version");
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("a version span needs 0 <= from <= to, was " + from + " to " + to);
        }
    }
}
