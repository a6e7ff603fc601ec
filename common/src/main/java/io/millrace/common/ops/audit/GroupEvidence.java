package io.millrace.common.ops.audit;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the topics other than {@code steps} say of one group that is not settled. One owner. */
final class GroupEvidence {
    /** Of the newest attempt that stands on a lane; 0 for none. */
    private long newestAttempt;

    private boolean queued;
    private String worker = "";
    private boolean marker;
    /** The records that receipts promise, each with its attempt. */
    private final Map<ResultPlace, Long> promised = new TreeMap<>();

    private final Set<ResultPlace> present = new HashSet<>();
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
        offsets.forEach(offset -> promised.put(new ResultPlace(partition, offset), attempt));
    }

    void result(int partition, long offset) {
        present.add(new ResultPlace(partition, offset));
        whole = true;
    }

    void part(long attempt, int count, int partition, long offset) {
        present.add(new ResultPlace(partition, offset));
        whole |= partsSeen.merge(attempt, 1, Integer::sum) >= count;
    }

    void marker() {
        marker = true;
    }

    /** Records that a receipt names and that are not there or are another group's, each with its attempt. */
    Map<ResultPlace, Long> missing() {
        Map<ResultPlace, Long> missing = new TreeMap<>(promised);
        missing.keySet().removeAll(present);
        return missing;
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
