package io.millrace.worker.publish;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Whether the ledger can know of this worker: the broker has taken a status of it, and not too long ago. A worker that the
 * ledger cannot hear looks dead to it, and whatever it claims is issued again under its hands. Thread-safe.
 */
public final class StatusWatch {
    /** For a client of a broker that does not answer: it has nothing to wait for. */
    static final Duration MOMENT = Duration.ofMillis(300);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition heard = lock.newCondition();
    private final Ticker ticker;
    private final long limitNanos;
    private boolean any;
    private long takenNanos;

    /** @param limit how long after the last status that was taken groups may still be claimed */
    public StatusWatch(Duration limit, Ticker ticker) {
        this.limitNanos = limit.toNanos();
        this.ticker = ticker;
    }

    /** The broker has taken a status. */
    public void taken() {
        lock.lock();
        try {
            any = true;
            takenNanos = ticker.nanos();
            heard.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until groups may be claimed.
     *
     * @return whether they may within the limit
     */
    public boolean awaitHeard(Duration limit) throws InterruptedException {
        long leftNanos = limit.toNanos();
        lock.lockInterruptibly();
        try {
            while (!isHeard() && leftNanos > 0) {
                leftNanos = heard.awaitNanos(leftNanos);
            }
            return isHeard();
        } finally {
            lock.unlock();
        }
    }

    private boolean isHeard() {
        return any && ticker.nanos() - takenNanos <= limitNanos;
    }

    /**
     * How long a stage of a stop may wait for the broker.
     *
     * @param usual while it takes statuses; a moment without
     */
    public Duration patience(Duration usual) {
        return isWithoutBroker() && usual.compareTo(MOMENT) > 0 ? MOMENT : usual;
    }

    /** Whether the broker has taken no status of this worker for too long, or none yet. */
    public boolean isWithoutBroker() {
        lock.lock();
        try {
            return !isHeard();
        } finally {
            lock.unlock();
        }
    }

    /** Why nothing may be claimed; empty while it may. */
    public String holdReason() {
        lock.lock();
        try {
            if (isHeard()) {
                return "";
            }
            return any
                    ? "the broker: no status of this worker was taken for more than "
                            + TimeUnit.NANOSECONDS.toMillis(limitNanos) + " ms (--status-timeout)"
                    : "the broker: no status of this worker is taken yet";
        } finally {
            lock.unlock();
        }
    }
}
