package io.millrace.common.lifecycle;

import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How each part of a process is doing, and what it waits for since when.
 *
 * <p>Live while nothing failed. Ready while the process can do its job now: every part has started, and none has been
 * unable to work for longer than the limit. A part that waits for work ({@link #waiting}: prompts, a free slot, a trainer
 * that does not ask) can do its job; one that waits for what it needs ({@link #blocked}: the broker, engines) cannot, and
 * the limit is the patience with that. A part that is {@link #watched} and says nothing for as long counts as blocked too:
 * its thread may hang in a call.
 *
 * <p>Thread-safe: parts report from their own threads, the operations endpoints read.
 */
public final class Health {
    /** Where no setting says otherwise; a broker's or an engine's restart is shorter. */
    public static final Duration READY_TIMEOUT = Duration.ofSeconds(30);

    /** A part's state. */
    public enum State {
        STARTING,
        RUNNING,
        /** Well, and without work. */
        WAITING,
        /** Unable to work for want of something that others must bring. */
        BLOCKED,
        FAILED
    }

    /**
     * @param detail what is waited for or went wrong; empty while running
     * @param sinceMs wall clock when this state began
     */
    public record Part(State state, String detail, long sinceMs) {}

    /**
     * @param blockedNanos when it became unable to work, whatever the reasons since; null while it can
     * @param reportedNanos when it last said anything
     */
    private record Report(Part part, @Nullable Long blockedNanos, long reportedNanos) {}

    private final WallClock clock;
    private final Ticker ticker;
    private final Map<String, Report> parts = new TreeMap<>();
    private final Set<String> watched = new HashSet<>();
    private long readyTimeoutNanos = READY_TIMEOUT.toNanos();

    public Health(WallClock clock) {
        this(clock, Ticker.system());
    }

    public Health(WallClock clock, Ticker ticker) {
        this.clock = clock;
        this.ticker = ticker;
    }

    /** How long a part may be unable to work, or a watched one silent, while the process still counts as ready. */
    public synchronized void readyTimeout(Duration limit) {
        readyTimeoutNanos = limit.toNanos();
    }

    /** The part reports again and again from now on, at least a few times within the limit. */
    public synchronized void watched(String part) {
        watched.add(part);
    }

    /**
     * The part has ended by intent and reports no more; what it says last stands.
     *
     * @param why it has ended, {@code draining}
     */
    public synchronized void ended(String part, String why) {
        move(part, State.WAITING, why);
        watched.remove(part);
    }

    public synchronized void starting(String part) {
        starting(part, "");
    }

    /** @param whatFor what the start waits for */
    public synchronized void starting(String part, String whatFor) {
        move(part, State.STARTING, whatFor);
    }

    public synchronized void running(String part) {
        move(part, State.RUNNING, "");
    }

    /** The part is well and has nothing to do; it stays ready. The time counts from the first report of the reason. */
    public synchronized void waiting(String part, String whatFor) {
        move(part, State.WAITING, whatFor);
    }

    /**
     * The part cannot work until somebody else brings what it needs. Ready for the limit, counted from the first such
     * report since it could work, whatever the reasons given since.
     */
    public synchronized void blocked(String part, String whatFor) {
        move(part, State.BLOCKED, whatFor);
    }

    /** The part is lost; nothing takes this back. */
    public synchronized void failed(String part, String cause) {
        move(part, State.FAILED, cause);
    }

    private void move(String name, State state, String detail) {
        Report before = parts.get(name);
        if (before != null && before.part().state() == State.FAILED) {
            return;
        }
        boolean same = before != null
                && before.part().state() == state
                && before.part().detail().equals(detail);
        Part part = before != null && same ? before.part() : new Part(state, detail, clock.millis());
        Long blocked = before == null ? null : before.blockedNanos();
        if (state != State.BLOCKED) {
            blocked = null;
        } else if (blocked == null) {
            blocked = ticker.nanos();
        }
        parts.put(name, new Report(part, blocked, ticker.nanos()));
    }

    /** Whether nothing failed. */
    public synchronized boolean live() {
        return parts.values().stream().noneMatch(report -> report.part().state() == State.FAILED);
    }

    /** Whether every part has started, none failed, and none has been unable to work for too long. */
    public synchronized boolean ready() {
        return parts.entrySet().stream().allMatch(part -> isReady(part.getKey(), part.getValue()));
    }

    private boolean isReady(String name, Report report) {
        return switch (report.part().state()) {
            case STARTING, FAILED -> false;
            case BLOCKED ->
                report.blockedNanos() == null || ticker.nanos() - report.blockedNanos() <= readyTimeoutNanos;
            case RUNNING, WAITING -> !isSilent(name, report);
        };
    }

    private boolean isSilent(String name, Report report) {
        return watched.contains(name) && ticker.nanos() - report.reportedNanos() > readyTimeoutNanos;
    }

    /** A copy, in order of names; a watched part that has been silent for too long is shown as blocked. */
    public synchronized Map<String, Part> parts() {
        Map<String, Part> copy = new TreeMap<>();
        parts.forEach((name, report) -> copy.put(name, shown(name, report)));
        return copy;
    }

    private Part shown(String name, Report report) {
        Part part = report.part();
        if (part.state() == State.FAILED || part.state() == State.STARTING || !isSilent(name, report)) {
            return part;
        }
        long silentMs = (ticker.nanos() - report.reportedNanos()) / 1_000_000;
        return new Part(
                State.BLOCKED,
                "it has not reported since, it hangs in a call"
                        + (part.detail().isEmpty() ? "" : "; before: " + part.detail()),
                clock.millis() - silentMs);
    }
}
