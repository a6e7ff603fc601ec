package io.millrace.trainer.evaluate.score;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the results after each of the newest reports begin, by partition of {@code eval-results}: from where a restart
 * reads, and below what may be deleted. A report stands on another topic than the results, so after a broker has lost the
 * end of a log it may name a place that the log does not reach, or has reached again with other results. That says nothing
 * any more. Pure; one owner.
 */
public final class ReportEnds {
    private final int keep;
    /** Oldest first. */
    private final Deque<Map<Integer, Long>> reports = new ArrayDeque<>();

    /** @param keep reports whose results are not deleted, 0 or more */
    public ReportEnds(int keep) {
        this.keep = keep;
    }

    /**
     * Takes the next report.
     *
     * @param resultsFrom no result of a later report stands below
     */
    public void reported(Map<Integer, Long> resultsFrom) {
        reports.addLast(Map.copyOf(resultsFrom));
        while (reports.size() > keep + 1) {
            reports.removeFirst();
        }
    }

    /**
     * Where each partition is to be read from, so that no result without a report is left out. What the newest reports
     * say of a partition that ends before it, or in which a result that no report has stands before it, is forgotten.
     *
     * @param begins first offset of each partition
     * @param ends offset after the last of each partition
     * @param claimed by partition, the lowest offset of a result that no report has; of those with receipts
     */
    public Map<Integer, Long> readFrom(Map<Integer, Long> begins, Map<Integer, Long> ends, Map<Integer, Long> claimed) {
        Deque<Map<Integer, Long>> known = new ArrayDeque<>(reports);
        reports.clear();
        for (Map<Integer, Long> report : known) {
            Map<Integer, Long> reached = new HashMap<>(report);
            reached.entrySet()
                    .removeIf(place -> place.getValue() > ends.getOrDefault(place.getKey(), 0L)
                            || place.getValue() > claimed.getOrDefault(place.getKey(), Long.MAX_VALUE));
            reports.addLast(reached);
        }
        Map<Integer, Long> newest = reports.isEmpty() ? Map.of() : reports.getLast();
        Map<Integer, Long> from = new HashMap<>();
        begins.forEach((partition, begin) -> from.put(partition, Math.max(begin, newest.getOrDefault(partition, 0L))));
        return from;
    }

    /** Below which offset results belong to reports that are no longer kept; no partition of which nothing is. */
    public Map<Integer, Long> deletableBelow() {
        if (reports.size() <= keep) {
            return Map.of();
        }
        Map<Integer, Long> below = new HashMap<>(reports.getFirst());
        below.values().removeIf(offset -> offset == 0);
        return below;
    }
}
