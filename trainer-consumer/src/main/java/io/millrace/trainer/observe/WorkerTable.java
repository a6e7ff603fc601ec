package io.millrace.trainer.observe;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.WorkersRecord;
import io.millrace.trainer.observe.RunView.Engine;
import io.millrace.trainer.observe.RunView.WorkerState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The workers by their statuses, and the ledger's heartbeat. Not thread-safe. */
final class WorkerTable {
    /** Incarnations that are known at once; of more, those heard longest ago are forgotten. */
    static final int WORKERS_MAX = 2_000;

    /** A worker that has stopped or is lost is shown for so long. */
    static final long GONE_SHOWN_MS = 10 * 60_000;

    /** What rates are over. */
    private static final long RATE_WINDOW_MS = 12_000;

    /** Until the run record says. */
    private static final long DEFAULT_TIMEOUT_MS = 10_000;

    /** A group in a live worker's hands. */
    record Holding(WorkersRecord.Status worker, WorkersRecord.HeldGroup group, long sinceMs) {}

    /** Which group, of which kind, at which attempt. */
    record Key(GroupKind kind, GroupIndex group, Attempt attempt) {}

    private record Point(long ms, long samples, long tokens) {}

    /** One incarnation. */
    static final class Seen {
        WorkersRecord.Status status;
        long ms;
        private final Deque<Point> points = new ArrayDeque<>();

        private Seen(WorkersRecord.Status status) {
            this.status = status;
        }

        private void take(WorkersRecord.Status next, long atMs) {
            status = next;
            ms = atMs;
            points.add(new Point(atMs, next.samplesFinished(), next.responseTokens()));
            while (points.size() > 2 && atMs - points.getFirst().ms > RATE_WINDOW_MS) {
                points.removeFirst();
            }
        }

        double samplesPerSecond() {
            return perSecond(points.getLast().samples - points.getFirst().samples);
        }

        double tokensPerSecond() {
            return perSecond(points.getLast().tokens - points.getFirst().tokens);
        }

        private double perSecond(long count) {
            long ms = points.getLast().ms - points.getFirst().ms;
            return ms <= 0 ? 0 : Math.max(0, count) * 1000.0 / ms;
        }
    }

    private final Map<String, Seen> byKey = new TreeMap<>();
    private long timeoutMs = DEFAULT_TIMEOUT_MS;
    private @Nullable Long ledgerMs;

    /** How long a worker may say nothing until it counts as lost. */
    void timeout(long ms) {
        timeoutMs = ms;
    }

    /** @param record null where it is deleted */
    void take(String key, @Nullable WorkersRecord record, long ms) {
        switch (record) {
            case WorkersRecord.Status status -> {
                Seen seen = byKey.computeIfAbsent(key, _ -> new Seen(status));
                seen.take(status, ms);
                if (byKey.size() > WORKERS_MAX) {
                    byKey.entrySet().stream()
                            .min(Comparator.comparingLong(entry -> entry.getValue().ms))
                            .ifPresent(oldest -> byKey.remove(oldest.getKey()));
                }
            }
            case WorkersRecord.LedgerHeartbeat _ -> ledgerMs = ms;
            case null -> byKey.remove(key);
        }
    }

    @Nullable
    Long ledgerMs() {
        return ledgerMs;
    }

    boolean ledgerLive(long nowMs) {
        return ledgerMs != null && nowMs - ledgerMs <= DEFAULT_TIMEOUT_MS;
    }

    WorkerState state(Seen seen, long nowMs) {
        return switch (seen.status.state()) {
            case STOPPED -> WorkerState.STOPPED;
            case RUNNING, DRAINING -> {
                if (nowMs - seen.ms > timeoutMs) {
                    yield WorkerState.LOST;
                }
                yield seen.status.state() == WorkersRecord.State.RUNNING ? WorkerState.RUNNING : WorkerState.DRAINING;
            }
        };
    }

    private boolean live(Seen seen, long nowMs) {
        WorkerState state = state(seen, nowMs);
        return state == WorkerState.RUNNING || state == WorkerState.DRAINING;
    }

    List<Seen> live(long nowMs) {
        return byKey.values().stream().filter(seen -> live(seen, nowMs)).toList();
    }

    /** Live ones by name, then those that are gone, the last gone first; none that is gone for long. */
    List<Seen> shown(long nowMs) {
        List<Seen> shown = new ArrayList<>(live(nowMs));
        byKey.values().stream()
                .filter(seen -> !live(seen, nowMs) && nowMs - seen.ms <= GONE_SHOWN_MS)
                .sorted(Comparator.comparingLong((Seen seen) -> -seen.ms))
                .forEach(shown::add);
        return shown;
    }

    /**
     * Every group that a live worker holds. How long it has held it is by the worker's own clock, from the claim to the
     * status; since when that is by the broker's.
     */
    Map<Key, Holding> held(long nowMs) {
        Map<Key, Holding> held = new HashMap<>();
        for (Seen seen : live(nowMs)) {
            for (WorkersRecord.HeldGroup group : seen.status.groups()) {
                held.put(
                        new Key(group.kind(), group.groupIndex(), group.attempt()),
                        new Holding(seen.status, group, sinceMs(seen, group)));
            }
        }
        return held;
    }

    static long sinceMs(Seen seen, WorkersRecord.HeldGroup group) {
        return seen.ms - Math.max(0, seen.status.sentAtMs() - group.claimedAtMs());
    }

    /** The engines of live workers, by address. */
    List<Engine> engines(long nowMs) {
        Map<String, Engine> engines = new TreeMap<>();
        for (Seen seen : live(nowMs)) {
            for (WorkersRecord.EngineStatus engine : seen.status.engines()) {
                Engine one = new Engine(
                        engine.address(), 1, engine.healthy() ? 1 : 0, engine.inFlight(), engine.weightVersion());
                engines.merge(
                        engine.address(),
                        one,
                        (a, b) -> new Engine(
                                a.address(),
                                a.workers() + b.workers(),
                                a.well() + b.well(),
                                a.inFlight() + b.inFlight(),
                                b.weightVersion() == null ? a.weightVersion() : b.weightVersion()));
            }
        }
        return List.copyOf(engines.values());
    }
}
