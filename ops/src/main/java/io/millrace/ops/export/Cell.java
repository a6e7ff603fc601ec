package io.millrace.ops.export;

import io.millrace.common.rollout.VersionSpan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A value of a row. */
sealed interface Cell {
    record Text(@Nullable String value) implements Cell {}

    record Whole(@Nullable Long value) implements Cell {}

    record Real(double value) implements Cell {}

    /** @param values shared, not to be changed */
    record Ints(int[] values, int from, int count) implements Cell {}

    /** @param values shared, not to be changed */
    record Floats(float[] values, int from, int count) implements Cell {}

    /** @param values shared, not to be changed */
    record Bytes(byte[] values, int from, int count) implements Cell {}

    /** Which weight version made which tokens. */
    record Spans(List<VersionSpan> spans) implements Cell {
        public Spans {
            spans = List.copyOf(spans);
        }
    }
}
