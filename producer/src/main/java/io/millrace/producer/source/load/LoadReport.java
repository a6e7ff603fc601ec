package io.millrace.producer.source.load;

import io.millrace.producer.source.column.BadRowReason;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What was found while a data set was read.
 *
 * @param usable rows that can be trained on
 * @param badByReason rows that cannot, counted; a reason that did not occur is absent
 * @param firstBad the first {@link #LISTED_MAX} of them by line
 */
public record LoadReport(long usable, Map<BadRowReason, Long> badByReason, List<BadRow> firstBad) {
    /** How many bad rows are listed; all are counted. */
    public static final int LISTED_MAX = 100;

    public LoadReport {
        Map<BadRowReason, Long> counts = new EnumMap<>(BadRowReason.class);
        counts.putAll(badByReason);
        badByReason = Collections.unmodifiableMap(counts);
        firstBad = List.copyOf(firstBad);
    }

    /** Rows in the slice, blank lines not counted. */
    public long rows() {
        return usable + bad();
    }

    /** Rows that cannot be used. */
    public long bad() {
        return badByReason.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The share of the rows that is bad, 0 to 1; 0 when there are none. */
    public double badShare() {
        return rows() == 0 ? 0 : (double) bad() / rows();
    }

    /**
     * @param place of the row, for people
     * @param line its number
     * @param detail one short line for people; never the row itself
     */
    public record BadRow(String place, long line, BadRowReason reason, String detail) {
        @Override
        public String toString() {
            return place + ": " + detail;
        }
    }
}
