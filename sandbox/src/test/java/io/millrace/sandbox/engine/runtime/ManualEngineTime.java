package io.millrace.sandbox.engine.runtime;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Time that stands still until told; knows who waits in it, so a test can wait for that instead of sleeping. */
public final class ManualEngineTime implements EngineTime {
    private final Set<Thread> parked = new HashSet<>();
    private long nowNanos;

    @Override
    public synchronized long nanos() {
        return nowNanos;
    }

    @Override
    public void park(Object blocker, long deadlineNanos) {
        synchronized (this) {
            if (nowNanos >= deadlineNanos) {
                return;
            }
            parked.add(Thread.currentThread());
            notifyAll();
        }
        LockSupport.park(blocker);
        synchronized (this) {
            parked.remove(Thread.currentThread());
            notifyAll();
        }
    }

    /** Moves time on and wakes everybody up to look. */
    public synchronized void advance(double seconds) {
        nowNanos += Math.round(seconds * 1e9);
        parked.forEach(LockSupport::unpark);
    }

    /** Blocks until exactly this many threads wait. */
    public synchronized void awaitParked(int threads) throws InterruptedException {
        long giveUpNanos = System.nanoTime() + 20_000_000_000L;
        while (parked.size() != threads) {
            if (System.nanoTime() > giveUpNanos) {
                throw new AssertionError("expected " + threads + " waiting threads, there are " + parked.size());
            }
            wait(1_000);
        }
    }
}
