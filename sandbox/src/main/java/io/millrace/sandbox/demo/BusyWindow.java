package io.millrace.sandbox.demo;

import io.millrace.common.json.Json;
import io.millrace.ops.cluster.WorkerStatuses;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * The time that occupancy and rates are measured over: from when every worker of the demo was first seen with a sample
 * in flight, plus the warm-up, until the last acknowledgement; and how many slots there were on average. Pure.
 */
final class BusyWindow {
    private final Set<String> missing;
    private final long warmUpMs;
    private long busyFromMs;
    private double slotMillis;
    private double busyMillis;
    private long busyNow;
    private long samplesAtFirst;
    private long samplesAtLast;
    private long tokensAtFirst;
    private long tokensAtLast;
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
        long finished =
                live.stream().mapToLong(seen -> seen.status().samplesFinished()).sum();
        long tokens =
                live.stream().mapToLong(seen -> seen.status().responseTokens()).sum();
        if (lastMs >= fromMs()) {
            long slots = live.stream().mapToLong(seen -> seen.status().slots()).sum();
            slotMillis += (double) slots * (nowMs - lastMs);
            busyNow =
                    live.stream().mapToLong(seen -> seen.status().slotsInUse()).sum();
            busyMillis += (double) busyNow * (nowMs - lastMs);
            measuredMs += nowMs - lastMs;
        } else {
            samplesAtFirst = finished;
            tokensAtFirst = tokens;
        }
        samplesAtLast = finished;
        tokensAtLast = tokens;
        lastMs = nowMs;
    }

    /** Whether the window has begun. */
    boolean open(long nowMs) {
        return missing.isEmpty() && nowMs > fromMs();
    }

    long fromMs() {
        return busyFromMs + warmUpMs;
    }

    /** As an engine's ledger says it, by what workers say every second or so: for engines that keep none. */
    ObjectNode measured() {
        double seconds = measuredMs / 1000.0;
        return Json.object()
                .put("occupancy", slotMillis == 0 ? 0 : busyMillis / slotMillis)
                .put("samples_per_second", seconds == 0 ? 0 : (samplesAtLast - samplesAtFirst) / seconds)
                .put("tokens_per_second", seconds == 0 ? 0 : (tokensAtLast - tokensAtFirst) / seconds)
                .put("running", busyNow)
                .put("window_seconds", seconds);
    }

    /** Mean number of slots of the live workers in the window, rounded; or that given, before it was measured. */
    long slots(long otherwise) {
        return measuredMs <= 0 ? otherwise : Math.round(slotMillis / measuredMs);
    }
}
