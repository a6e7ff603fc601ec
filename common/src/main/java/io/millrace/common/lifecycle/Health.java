package io.millrace.common.lifecycle;

import io.millrace.common.time.WallClock;
import java.util.Map;
import java.util.TreeMap;

/**
 * How each part of a process is doing, and what it waits for since when. Live while nothing failed; ready while every
 * part runs. Thread-safe: parts report from their own threads, the operations endpoints read.
 */
public final class Health {
    /** A part's state. */
    public enum State {
        STARTING,
        RUNNING,
        WAITING,
        FAILED
    }

    /**
     * @param detail what is waited for or went wrong; empty while running
     * @param sinceMs wall clock when this state began
     */
    public record Part(State state, String detail, long sinceMs) {}

    private final WallClock clock;
    private final Map<String, Part> parts = new TreeMap<>();

    public Health(WallClock clock) {
        this.clock = clock;
    }

    public synchronized void starting(String part) {
        move(part, State.STARTING, "");
    }

    public synchronized void running(String part) {
        move(part, State.RUNNING, "");
    }

    /** The part is well and waits; it stays ready. The time counts from the first report of the same reason. */
    public synchronized void waiting(String part, String whatFor) {
        move(part, State.WAITING, whatFor);
    }

    /** The part is lost; nothing takes this back. */
    public synchronized void failed(String part, String cause) {
        move(part, State.FAILED, cause);
    }

    private void move(String name, State state, String detail) {
        Part before = parts.get(name);
        if (before != null && before.state() == State.FAILED) {
            return;
        }
        if (before == null || before.state() != state || !before.detail().equals(detail)) {
            parts.put(name, new Part(state, detail, clock.millis()));
        }
    }

    /** Whether nothing failed. */
    public synchronized boolean live() {
        return parts.values().stream().noneMatch(part -> part.state() == State.FAILED);
    }

    /** Whether every part has started and none failed. */
    public synchronized boolean ready() {
        return parts.values().stream().allMatch(part -> part.state() == State.RUNNING || part.state() == State.WAITING);
    }

    /** A copy, in order of names. */
    public synchronized Map<String, Part> parts() {
        return new TreeMap<>(parts);
    }
}
