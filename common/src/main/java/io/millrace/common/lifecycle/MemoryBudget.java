package io.millrace.common.lifecycle;

import io.millrace.common.units.ByteSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether the heap holds what the settings allow to be kept in it. More is no error, since the limits are seldom used up
 * together; it is said at the start, so that nobody has to find it out of an OutOfMemoryError.
 */
public record MemoryBudget(long heapBytes) {
    /** What is left is for Kafka's clients, for what is being encoded, and for the collector to work in. */
    private static final int USABLE_PERCENT = 75;

    /** Of this JVM ({@code -Xmx}). */
    public static MemoryBudget ofThisProcess() {
        return new MemoryBudget(Runtime.getRuntime().maxMemory());
    }

    /**
     * What is to be said of limits that are too large together; null for nothing.
     *
     * @param limits by flag; one that is used twice stands as often
     */
    public @Nullable String warning(SequencedMap<String, ByteSize> limits) {
        long sum = 0;
        List<String> parts = new ArrayList<>();
        for (Map.Entry<String, ByteSize> limit : limits.entrySet()) {
            sum += limit.getValue().bytes();
            parts.add(limit.getKey() + " " + limit.getValue());
        }
        long usable = Math.multiplyExact(heapBytes / 4, USABLE_PERCENT) / 25;
        if (sum <= usable) {
            return null;
        }
        return String.join(", ", parts) + ": together up to " + mebibytes(sum) + " MiB of a heap of "
                + mebibytes(heapBytes) + " MiB, of which " + USABLE_PERCENT
                + " % are for that; lower them, or give the JVM at least "
                + Math.ceilDiv(mebibytes(sum) * 100, USABLE_PERCENT)
                + " MiB (-Xmx)";
    }

    private static long mebibytes(long bytes) {
        return bytes >> 20;
    }
}
