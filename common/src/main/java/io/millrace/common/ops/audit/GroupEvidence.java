package io.millrace.common.ops.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the topics other than {@code steps} say of one group that is not settled. One owner. */
final class GroupEvidence {
    /** Of the newest attempt that stands on a lane; 0 for none. */
    private long newestAttempt;

    private boolean queued;
    private String worker = "";
    private boolean marker;
    /** Results by partition and offset: those receipts promise, and those that are there. */
    private final Map<String, Long> promised = new HashMap<>();

    private final List<String> present = new ArrayList<>();
    private final Map<Long, Integer> partsSeen = new HashMap<>();
    private boolean whole;

    /** A task stands on a lane. */
    void task(long attempt, boolean inQueue) {
        if (attempt >= newestAttempt) {
            newestAttempt = attempt;
            queued = inQueue;
        }
    }

    void heldBy(String workerName) {
        worker = workerName;
    }

    void promised(long attempt, int partition, List<Long> offsets) {
        offsets.forEach(offset -> promised.put(partition + "@" + offset, attempt));
    }

    void result(int partition, long offset) {
        present.add(partition + "@" + offset);
        whole = true;
    }

    void part(long attempt, int count, int partition, long offset) {
        present.add(partition + "@" + offset);
        whole |= partsSeen.merge(attempt, 1, Integer::sum) >= count;
    }

    void marker() {
        marker = true;
    }

    boolean has(int partition, long offset) {
        return present.contains(partition + "@" + offset);
    }

    /** Places of results that a receipt names and that hold none of this group. */
    List<String> missing() {
        return promised.keySet().stream()
                .filter(place -> !present.contains(place))
                .sorted()
                .toList();
    }

    String worker() {
        return worker;
    }

    Place place() {
        if (whole || marker) {
            return Place.FINISHED;
        }
        if (!worker.isEmpty()) {
            return Place.IN_FLIGHT;
        }
        if (newestAttempt == 0) {
            return Place.NOWHERE;
        }
        return queued ? Place.QUEUED : Place.TO_BE_REISSUED;
    }
}
