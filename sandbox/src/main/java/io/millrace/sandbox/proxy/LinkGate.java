package io.millrace.sandbox.proxy;

import java.io.InterruptedIOException;
import java.util.function.BooleanSupplier;

/** The state of one link, and the waiting for it. Thread-safe. */
final class LinkGate {
    private LinkState state = new LinkState.Clear();
    /** How often the state was set. */
    private long changes;

    synchronized void set(LinkState next) {
        state = next;
        changes++;
        notifyAll();
    }

    /** Lets every waiter look whether its connection has ended. */
    synchronized void wake() {
        notifyAll();
    }

    /**
     * Waits out a black hole, then the delay.
     *
     * @param ended whether the waiting connection has ended, which ends the wait
     */
    void awaitOpen(BooleanSupplier ended) throws InterruptedIOException {
        try {
            if (passed(ended) instanceof LinkState.Delayed delayed) {
                // The delay is the fault.
                Thread.sleep(delayed.delay());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private synchronized LinkState passed(BooleanSupplier ended) throws InterruptedException {
        while (state instanceof LinkState.BlackHole && !ended.getAsBoolean()) {
            wait();
        }
        return state;
    }

    Budget newBudget() {
        return new Budget();
    }

    /** How much one connection may still carry; begins anew whenever the link's state is set. Guarded by the gate. */
    final class Budget {
        private long countedChange;
        private long carried;

        /** @return how many of these bytes may go through; fewer than asked for when the connection is to be cut then */
        int take(int bytes) {
            synchronized (LinkGate.this) {
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
            }
        }
    }
}
