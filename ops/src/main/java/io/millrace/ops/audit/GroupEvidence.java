package io.millrace.ops.audit;

import io.millrace.common.id.Attempt;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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
    /** Of each result in parts, those that were met. */
    private final Map<PartKey, List<ResultPlace>> parts = new HashMap<>();
    /** Of each whole result, where it stands. */
    private final List<Whole> whole = new ArrayList<>();

    private record Whole(@Nullable Attempt attempt, List<ResultPlace> places) {}

    /** Which results were rejected. */
    interface Rejected {
        /** @param attempt null where the record does not say */
        boolean at(@Nullable Attempt attempt, ResultPlace place);
    }

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

    /** @param attempt null where the record does not say */
    void result(@Nullable Attempt attempt, ResultPlace place) {
        present.add(place);
        whole.add(new Whole(attempt, List.of(place)));
    }

    void part(Part part, ResultPlace place) {
        present.add(place);
        List<ResultPlace> places = parts.computeIfAbsent(part.key(), first -> new ArrayList<>());
        places.add(place);
        if (places.size() == part.count()) {
            whole.add(new Whole(part.key().attempt(), places));
        }
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

    /**
     * Where the group stands. A result that was rejected is none: the producer issues the group again or gives it up.
     *
     * @param rejected a result in parts by the place of any of them
     */
    Place place(Rejected rejected) {
        if (marker || whole.stream().anyMatch(one -> isValid(one, rejected))) {
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

    private static boolean isValid(Whole one, Rejected rejected) {
        return one.places().stream().noneMatch(place -> rejected.at(one.attempt(), place));
    }
}
