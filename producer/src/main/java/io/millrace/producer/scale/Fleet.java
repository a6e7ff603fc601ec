package io.millrace.producer.scale;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.WorkersRecord;
import java.util.HashMap;
import java.util.Map;

/** The workers that are at work by their newest statuses, and their slots. Times are of one monotonic clock. One owner. */
public final class Fleet {
    /** Workers tell their status every 2 s. */
    private static final long AT_WORK_WITHIN_MS = 10_000;

    private record Seen(long sequence, long heardMs, WorkersRecord.State state, int slots, int slotsInUse) {}

    /**
     * What they come to.
     *
     * @param workers that take work
     * @param slots of those
     * @param slotsInUse of those
     */
    public record Size(int workers, long slots, long slotsInUse) {}

    private final Map<WorkerIncarnation, Seen> seen = new HashMap<>();

    /** Takes a status; one that is older than what is known of the incarnation changes nothing. */
    public void accept(WorkersRecord.Status status, long nowMs) {
        Seen before = seen.get(status.worker());
        if (before == null || status.sequence() > before.sequence()) {
            seen.put(
                    status.worker(),
                    new Seen(status.sequence(), nowMs, status.state(), status.slots(), status.slotsInUse()));
        }
    }

    /** Those that take work now; one that drains, has stopped or is silent does not. */
    public Size size(long nowMs) {
        seen.values().removeIf(one -> nowMs - one.heardMs() > AT_WORK_WITHIN_MS);
        int workers = 0;
        long slots = 0;
        long inUse = 0;
        for (Seen one : seen.values()) {
            if (one.state() == WorkersRecord.State.RUNNING) {
                workers++;
                slots += one.slots();
                inUse += one.slotsInUse();
            }
        }
        return new Size(workers, slots, inUse);
    }
}
