package io.millrace.sandbox.engine.runtime;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * What the next generate requests shall suffer, on demand of a test. Thread-safe. Faults of the network (cut, reset,
 * delayed) are the proxy's business.
 */
public final class Faults {
    /** How a request fails. */
    public enum Kind {
        /** Takes the request and never answers. */
        HANG,
        /** Answers 500. */
        ERROR,
        /** Answers 200 with what is no JSON. */
        GARBAGE
    }

    private final Deque<Kind> planned = new ArrayDeque<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** Adds faults for so many requests, behind those planned already. */
    public synchronized void plan(Kind kind, int count) {
        for (int i = 0; i < count; i++) {
            planned.addLast(kind);
        }
    }

    /** The fault of the request that has just come in; null for none. */
    public synchronized @Nullable Kind next() {
        return planned.pollFirst();
    }

    public synchronized int left() {
        return planned.size();
    }

    /** Holds the caller until the engine stops. */
    public void hang() throws InterruptedException {
        closed.await();
    }

    /** Lets hung requests go. */
    public void close() {
        closed.countDown();
    }
}
