package io.millrace.common.session;

import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Whatever a Kafka client throws leaves open what became of its call, a fencing too, since the broker speaks the same of
 * a transaction that it gave up itself. So what memory holds may be ahead of the topics after a failed write, and behind
 * nothing. A failure that may pass throws the session away, and with it every decision that was not written; the next
 * one reads what the topics hold.
 */

/**
 * One session after another, each from the topics alone, through any trouble with the broker that may pass
 * ({@link Failures}); what may not ends the loop. One thread turns; other threads only wake.
 *
 * @param <S> what is thrown away when a client fails
 */
public final class SessionLoop<S extends SessionLoop.Session> implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(SessionLoop.class);

    /** Between two tries; also lets a newer process finish taking the run. */
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

    /**
     * Healthy calls answer in less; one that does not is broken off at a stop, its outcome is read at the next start. A
     * process has several loops, which stop one after another, and shall end within seconds without a broker.
     */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

    /** What is read from the topics, and the clients that go on with it. */
    public interface Session {
        /** Takes the run, or reads it; the first call. */
        default void open() throws Exception {}

        /** Ends a wait for records; any thread. */
        void wakeup();

        /** Closes the clients, waiting for none of them longer than a moment. */
        void close();
    }

    /** What the owner does with its sessions; called by the loop's thread. */
    public interface Work<S extends Session> {
        /** A session that is not open; null when there is nothing to be opened yet, to be asked again at once. */
        @Nullable
        S make() throws Exception;

        /** A session is open. */
        default void opened(S session) throws Exception {}

        /** One turn; returns soon, waiting at most for its own poll. */
        void turn(S session) throws Exception;

        /** The session, or the try to open one, came to nothing for now. */
        void lost(Exception cause);

        /**
         * A newer process of the role has the run; any session is closed next.
         *
         * @return whether the loop goes on, and {@link #make} gives nothing while it stands by; otherwise it ends
         */
        default boolean standsBy(FencedException fenced) {
            return false;
        }

        /** What the loop ends with; a failure that does not pass, or one while it stops. */
        default Exception end(Exception cause) {
            return cause;
        }

        /** The loop ends; the session is closed next. */
        default void ended() {}
    }

    private final Work<S> work;
    private final String what;
    private final Duration betweenTries;
    private final Duration stopPatience;
    private final EverySoOften lines;
    private final CountDownLatch stopping = new CountDownLatch(1);
    /** Also woken by other threads. */
    private volatile @Nullable S session;

    private volatile boolean open;
    private volatile @Nullable Thread owner;

    /** @param what is read again, for the log, {@code the topics} */
    public SessionLoop(Work<S> work, String what, Ticker ticker) {
        this(work, what, ticker, BETWEEN_TRIES, STOP_PATIENCE);
    }

    /**
     * For tests, which do not wait.
     *
     * @param betweenTries how long, in real time
     * @param stopPatience with a call under way at a stop, likewise
     */
    public SessionLoop(Work<S> work, String what, Ticker ticker, Duration betweenTries, Duration stopPatience) {
        this.betweenTries = betweenTries;
        this.stopPatience = stopPatience;
        this.work = work;
        this.what = what;
        this.lines = new EverySoOften(BETWEEN_LINES, ticker);
    }

    /** One turn of the session; opens one first where there is none, or waits for a while to try again. */
    @Override
    public void runOnce() throws Exception {
        owner = Thread.currentThread();
        try {
            S present = session;
            if (present == null) {
                present = work.make();
                if (present == null) {
                    return;
                }
                session = present;
            }
            if (!open) {
                present.open();
                work.opened(present);
                open = true;
                if (lines.reset()) {
                    log.info("the broker answers, {} are read", what);
                }
            }
            work.turn(present);
        } catch (Exception e) {
            FencedException fenced = FencedException.in(e);
            if (fenced != null && !isStopping() && work.standsBy(fenced)) {
                log.warn("{}", fenced.getMessage());
                closeSession();
                return;
            }
            if (isStopping() || !Failures.isPassing(e)) {
                throw work.end(e);
            }
            lose(e);
        }
    }

    private void lose(Exception cause) throws InterruptedException {
        if (lines.isDue()) {
            log.warn("waits for the broker: {}; {} are read again as soon as it answers", cause.toString(), what);
        }
        log.debug("the session is lost", cause);
        work.lost(cause);
        closeSession();
        var _ = stopping.await(betweenTries.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether what is asked can be answered; any thread. */
    public boolean isOpen() {
        return open;
    }

    /** Whether the loop is to end; any thread. */
    public boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** Ends the session's wait for records; any thread. */
    public void nudge() {
        S present = session;
        if (present != null) {
            present.wakeup();
        }
    }

    /** Ends a wait at once, and a call to a broker that does not answer after a while. */
    @Override
    public void wakeup() {
        stopping.countDown();
        nudge();
        Thread turning = owner;
        if (turning != null) {
            Thread.ofVirtual().start(() -> {
                try {
                    if (!turning.join(stopPatience)) {
                        turning.interrupt();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    private void closeSession() {
        S present = session;
        session = null;
        open = false;
        if (present == null) {
            return;
        }
        try {
            present.close();
        } catch (KafkaException e) {
            // It is thrown away, and its broker may be gone.
            log.debug("a session closed in a hurry", e);
        }
    }

    @Override
    public void close() {
        work.ended();
        closeSession();
    }
}
