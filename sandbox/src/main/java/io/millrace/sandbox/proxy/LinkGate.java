package io.millrace.sandbox.proxy;

import java.io.InterruptedIOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** The state of one link, and the waiting for it. Thread-safe. */
final class LinkGate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private LinkState state = new LinkState.Clear();
    /** How often the state was set. */
    private long changes;

    void set(LinkState next) {
        lock.lock();
        try {
            state = next;
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Lets every waiter look whether its connection has ended. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits out a black hole, then the delay.
     *
     * @param ended whether the waiting connection has ended, which ends the wait
     */
    void awaitOpen(BooleanSupplier ended) throws InterruptedIOException {
        try {
            LinkState now;
            lock.lockInterruptibly();
            try {
                while (state instanceof LinkState.BlackHole && !ended.getAsBoolean()) {
                    changed.await();
                }
                now = state;
            } finally {
                lock.unlock();
            }
            if (now instanceof LinkState.Delayed delayed) {
                // The delay is the fault.
                Thread.sleep(delayed.delay());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    Budget newBudget() {
        return new Budget();
    }

    /** How much one connection may still carry; begins anew whenever the link's state is set. Guarded by the lock. */
    final class Budget {
        private long countedChange;
        private long carried;

        /** @return how many of these bytes may go through; fewer than asked for when the connection is to be cut then */
        int take(int bytes) {
            lock.lock();
            try {
                if (countedChange != changes) {
                    countedChange = changes;
                    carried = 0;
                }
                if (!(state instanceof LinkState.CutAfter cut)) {
                    return bytes;
                }
                int allowed = (int) Math.min(bytes, Math.max(0, cut.bytes() - carried));
                carried += allowed;
                return allowed;
            } finally {
                lock.unlock();
            }
        }
    }
}
