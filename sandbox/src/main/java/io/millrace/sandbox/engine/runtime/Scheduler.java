package io.millrace.sandbox.engine.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The admission limit: so many requests run, so many wait in order of arrival, further ones are turned away. A request
 * runs on its caller's thread, which waits here for its slot and for the end of its time. All methods are thread-safe;
 * a ticket's waits belong to the thread that was admitted.
 */
public final class Scheduler {
    /** What an abort is called while running, as SGLang does. */
    static final String ABORTED_RUNNING = "Aborted";
    /** What an abort is called while waiting, as SGLang does. */
    static final String ABORTED_WAITING = "Abort in waiting queue";

    private final int maxRunning;
    private final int maxQueued;
    private final EngineTime time;
    private final Set<Ticket> running = new LinkedHashSet<>();
    private final ArrayDeque<Ticket> waiting = new ArrayDeque<>();
    private long admitted;
    private boolean closed;
    private boolean paused;
    private final WorkTime work;

    /** What a pause does to requests that run. */
    public enum Pause {
        /** They end with what they have; so do those that wait. */
        ABORT,
        /** They run to their end, and the pause begins with it. */
        WAIT,
        /** They stand still, and go on behind their tokens. */
        KEEP
    }

    Scheduler(int maxRunning, int maxQueued, EngineTime time) {
        this.work = new WorkTime(time);
        this.maxRunning = maxRunning;
        this.maxQueued = maxQueued;
        this.time = time;
    }

    /** One admitted request. */
    final class Ticket {
        private final String rid;
        private final long ordinal;
        private final Thread thread = Thread.currentThread();
        private volatile boolean started;
        private volatile @Nullable String abort;
        private long startNanos;
        private long startWorkNanos;

        private Ticket(String rid, long ordinal) {
            this.rid = rid;
            this.ordinal = ordinal;
        }

        /** Counts admitted requests from 0. */
        long ordinal() {
            return ordinal;
        }

        /** When the slot was given; only after {@link #awaitStart()} was true. */
        long startNanos() {
            return startNanos;
        }

        /** The same in {@link #workNanos}. */
        long startWorkNanos() {
            return startWorkNanos;
        }

        /** Waits for a slot; false if aborted before it got one. */
        boolean awaitStart() {
            while (!started && abort == null) {
                time.park(this, EngineTime.NEVER);
            }
            return started;
        }

        /** Waits until this moment of {@link #workNanos}, holding the slot; the message if aborted before, else null. */
        @Nullable
        String awaitDeadline(long deadlineNanos) {
            long wakeNanos = wakeNanos(deadlineNanos);
            while (abort == null && time.nanos() < wakeNanos) {
                time.park(this, wakeNanos);
                wakeNanos = wakeNanos(deadlineNanos);
            }
            return abort;
        }

        /** Why it was aborted, or null. */
        @Nullable
        String abortMessage() {
            return abort;
        }

        private void start() {
            startNanos = time.nanos();
            startWorkNanos = work.nanos();
            started = true;
        }
    }

    /** A ticket, running or waiting, or null when both are full. After {@link #close()} every ticket is aborted at birth. */
    synchronized @Nullable Ticket admit(String rid) {
        boolean runs = !paused && running.size() < maxRunning;
        if (!runs && waiting.size() >= maxQueued) {
            return null;
        }
        Ticket ticket = new Ticket(rid, admitted++);
        if (closed) {
            ticket.abort = ABORTED_WAITING;
        } else if (runs) {
            ticket.start();
            running.add(ticket);
        } else {
            waiting.add(ticket);
        }
        return ticket;
    }

    /** Gives the slot back, and on to the one that waited longest. Called once for each ticket that started. */
    synchronized void release(Ticket ticket) {
        running.remove(ticket);
        startWaiting();
        notifyAll();
    }

    private void startWaiting() {
        while (!paused && running.size() < maxRunning && !waiting.isEmpty()) {
            Ticket next = waiting.removeFirst();
            next.start();
            running.add(next);
            LockSupport.unpark(next.thread);
        }
    }

    /** The moment at which a deadline of {@link #workNanos} passes, as far as is known. */
    private synchronized long wakeNanos(long deadlineNanos) {
        return work.held() || deadlineNanos == EngineTime.NEVER
                ? EngineTime.NEVER
                : time.nanos() + (deadlineNanos - work.nanos());
    }

    /** The time in which tokens are made; it stands still while they are held. */
    synchronized long workNanos() {
        return work.nanos();
    }

    /** From now on requests wait, until {@link #resume}; returns when nothing runs any more, or is held. */
    public synchronized void pause(Pause mode) throws InterruptedException {
        paused = true;
        switch (mode) {
            case KEEP -> work.hold();
            case ABORT -> abortMatching(null);
            case WAIT -> {
                goOn();
                while (paused && !running.isEmpty()) {
                    wait();
                }
            }
        }
    }

    public synchronized void resume() {
        paused = false;
        goOn();
        startWaiting();
        notifyAll();
    }

    private void goOn() {
        work.goOn();
        running.forEach(ticket -> LockSupport.unpark(ticket.thread));
    }

    public synchronized boolean paused() {
        return paused;
    }

    /** Aborts every request with this rid, running or waiting; how many there were. */
    public synchronized int abort(String rid) {
        return abortMatching(rid);
    }

    /** Aborts everything; how many there were. */
    public synchronized int abortAll() {
        return abortMatching(null);
    }

    /** Aborts everything, also what is still to come. */
    public synchronized void close() {
        closed = true;
        abortMatching(null);
    }

    private int abortMatching(@Nullable String rid) {
        List<Ticket> hit = new ArrayList<>();
        for (Ticket ticket : waiting) {
            if (rid == null || ticket.rid.equals(rid)) {
                ticket.abort = ABORTED_WAITING;
                hit.add(ticket);
            }
        }
        waiting.removeAll(Set.copyOf(hit));
        for (Ticket ticket : running) {
            if (ticket.abort == null && (rid == null || ticket.rid.equals(rid))) {
                ticket.abort = ABORTED_RUNNING;
                hit.add(ticket);
            }
        }
        hit.forEach(ticket -> LockSupport.unpark(ticket.thread));
        return hit.size();
    }

    /** Requests holding a slot. */
    public synchronized int runningCount() {
        return running.size();
    }

    /** Requests waiting for one. */
    public synchronized int waitingCount() {
        return waiting.size();
    }
}
