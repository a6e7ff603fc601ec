package io.millrace.ops.lag;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How fast counters rise, of which each tells its count now and then. Pure; times are the broker's. One owner. */
final class Pace {
    /** Less says nothing. */
    private static final long SHORTEST_MS = 1_000;

    private record Point(long ms, long count) {}

    private final long windowMs;
    private final Map<String, List<Point>> counters = new HashMap<>();

    /** @param window what happened before counts no more */
    Pace(Duration window) {
        this.windowMs = window.toMillis();
    }

    /** What a counter said; in the order of time. */
    void saw(String counter, long ms, long count) {
        counters.computeIfAbsent(counter, _ -> new ArrayList<>()).add(new Point(ms, count));
    }

    /** By how much all of them rose a second, up to now; null where too little is known. */
    @Nullable
    Double perSecond(long nowMs) {
        long risen = 0;
        long sinceMs = Long.MAX_VALUE;
        for (List<Point> points : counters.values()) {
            List<Point> recent = points.stream()
                    .filter(point -> nowMs - point.ms() <= windowMs)
                    .toList();
            if (recent.size() > 1) {
                risen +=
                        Math.max(0, recent.getLast().count() - recent.getFirst().count());
                sinceMs = Math.min(sinceMs, recent.getFirst().ms());
            }
        }
        return sinceMs == Long.MAX_VALUE || nowMs - sinceMs < SHORTEST_MS ? null : risen * 1_000.0 / (nowMs - sinceMs);
    }
}
