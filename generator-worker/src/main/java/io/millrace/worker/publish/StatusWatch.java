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
    static final Duration MOMENT = Duration.ofMillis(200);

    /**
     * How long a client that closes may wait for a broker that counts as there: the first that waits in vain is the last
     * that does.
     */
    public static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition heard = lock.newCondition();
    private final Ticker ticker;
    private final long limitNanos;
    private boolean any;
    private long takenNanos;
    /** Somebody has waited for the broker in vain since it last took a status. */
    private boolean silent;

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
            silent = false;
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
     * @param usual while it takes statuses; a moment without, or after a wait in vain
     */
    public Duration patience(Duration usual) {
        lock.lock();
        try {
            return !isAnswering() && usual.compareTo(MOMENT) > 0 ? MOMENT : usual;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a wait for the broker at the end is worth it: it takes statuses, and nobody has waited in vain since. */
    boolean isAwaited() {
        lock.lock();
        try {
            return isAnswering();
        } finally {
            lock.unlock();
        }
    }

    private boolean isAnswering() {
        return !silent && isHeard();
    }

    /** Somebody has waited for the broker in vain: whoever closes next needs not, until it takes a status again. */
    public void waitedInVain() {
        lock.lock();
        try {
            silent = true;
        } finally {
            lock.unlock();
        }
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
