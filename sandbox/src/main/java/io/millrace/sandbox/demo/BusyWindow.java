package io.millrace.sandbox.demo;

import io.millrace.ops.cluster.WorkerStatuses;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The time that occupancy and rates are measured over: from when every worker of the demo was first seen with a sample
 * in flight, plus the warm-up, until the last acknowledgement; and how many slots there were on average. Pure.
 */
final class BusyWindow {
    private final Set<String> missing;
    private final long warmUpMs;
    private long busyFromMs;
    private double slotMillis;
    private long measuredMs;
    private long lastMs;

    BusyWindow(Set<String> workerIds, Duration warmUp) {
        this.missing = new HashSet<>(workerIds);
        this.warmUpMs = warmUp.toMillis();
    }

    /** Takes what the workers say now. */
    void observe(List<WorkerStatuses.Seen> live, long nowMs) {
        for (WorkerStatuses.Seen seen : live) {
            boolean busy = seen.status().slotsInUse() > 0;
            if (busy && missing.remove(seen.status().worker().workerId())) {
                busyFromMs = Math.max(busyFromMs, seen.timestampMs());
            }
        }
        if (!missing.isEmpty()) {
            return;
        }
        if (lastMs >= fromMs()) {
            long slots = live.stream().mapToLong(seen -> seen.status().slots()).sum();
            slotMillis += (double) slots * (nowMs - lastMs);
            measuredMs += nowMs - lastMs;
        }
        lastMs = nowMs;
    }

    /** Whether the window has begun. */
    boolean open(long nowMs) {
        return missing.isEmpty() && nowMs > fromMs();
    }

    long fromMs() {
        return busyFromMs + warmUpMs;
    }

    /** Mean number of slots of the live workers in the window, rounded; or that given, before it was measured. */
    long slots(long otherwise) {
        return measuredMs <= 0 ? otherwise : Math.round(slotMillis / measuredMs);
    }
}
