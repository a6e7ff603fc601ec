package io.millrace.common.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionLoopTest {
    private final List<String> happened = new ArrayList<>();
    private final Deque<Exception> failures = new ArrayDeque<>();
    private int made;
    private boolean nothingToOpen;
    private @Nullable String failsAt;

    private void step(String what) throws Exception {
        happened.add(what);
        if (what.startsWith(String.valueOf(failsAt)) && !failures.isEmpty()) {
            throw failures.poll();
        }
    }

    private final class Session implements SessionLoop.Session {
        private final int number = ++made;

        @Override
        public void open() throws Exception {
            step("open " + number);
        }

        @Override
        public void wakeup() {
            happened.add("wake " + number);
        }

        @Override
        public void close() {
            try {
                step("close " + number);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final SessionLoop<Session> loop = new SessionLoop<>(
            new SessionLoop.Work<Session>() {
                @Override
                public @Nullable Session make() throws Exception {
                    step("make");
                    return nothingToOpen ? null : new Session();
                }

                @Override
                public void opened(Session session) throws Exception {
                    step("opened " + session.number);
                }

                @Override
                public void turn(Session session) throws Exception {
                    step("turn " + session.number);
                }

                @Override
                public void lost(Exception cause) {
                    happened.add("lost");
                }

                @Override
                public Exception end(Exception cause) {
                    happened.add("end");
                    return cause;
                }

                @Override
                public void ended() {
                    happened.add("ended");
                }
            },
            "the topics",
            Ticker.system(),
            Duration.ZERO,
            Duration.ofHours(1));

    private void fails(String at, Exception... causes) {
        failsAt = at;
        failures.addAll(List.of(causes));
    }

    @Test
    void aSessionIsOpenedOnceAndTurned() throws Exception {
        assertFalse(loop.isOpen());
        loop.runOnce();
        loop.runOnce();
        assertTrue(loop.isOpen());
        assertEquals(List.of("make", "open 1", "opened 1", "turn 1", "turn 1"), happened);
    }

    @Test
    void whatIsNotThereYetIsAskedForAgain() throws Exception {
        nothingToOpen = true;
        loop.runOnce();
        nothingToOpen = false;
        loop.runOnce();
        assertEquals(List.of("make", "make", "open 1", "opened 1", "turn 1"), happened);
    }

    @Test
    void aFailureThatPassesThrowsTheSessionAway() throws Exception {
        fails("turn", new DisconnectException("gone"));
        loop.runOnce();
        assertFalse(loop.isOpen());
        loop.runOnce();
        assertEquals(
                List.of(
                        "make",
                        "open 1",
                        "opened 1",
                        "turn 1",
                        "lost",
                        "close 1",
                        "make",
                        "open 2",
                        "opened 2",
                        "turn 2"),
                happened);
    }

    /** What was opened half holds clients too. */
    @Test
    void oneThatCannotBeOpenedIsClosed() throws Exception {
        fails("open 1", new DisconnectException("gone"));
        loop.runOnce();
        assertEquals(List.of("make", "open 1", "lost", "close 1"), happened);
        assertFalse(loop.isOpen());
    }

    @Test
    void oneThatCannotBeMadeIsMadeLater() throws Exception {
        fails("make", new DisconnectException("gone"), new DisconnectException("still"));
        loop.runOnce();
        loop.runOnce();
        loop.runOnce();
        assertEquals(List.of("make", "lost", "make", "lost", "make", "open 1", "opened 1", "turn 1"), happened);
    }

    @Test
    void aLostSessionThatDoesNotCloseInOrderIsLostAllTheSame() throws Exception {
        failsAt = "";
        loop.runOnce();
        happened.clear();
        failures.addAll(List.of(new DisconnectException("gone"), new DisconnectException("at its close")));
        loop.runOnce();
        loop.runOnce();
        assertEquals(List.of("turn 1", "lost", "close 1", "make", "open 2", "opened 2", "turn 2"), happened);
    }

    @Test
    void aFailureThatLastsEndsTheLoop() throws Exception {
        IllegalStateException bug = new IllegalStateException("a bug");
        fails("turn", bug);
        assertSame(bug, assertThrows(IllegalStateException.class, loop::runOnce));
        loop.close();
        assertEquals(List.of("make", "open 1", "opened 1", "turn 1", "end", "ended", "close 1"), happened);
    }

    @Test
    void whileItStopsEveryFailureEndsIt() throws Exception {
        loop.runOnce();
        happened.clear();
        fails("turn", new WakeupException());
        loop.wakeup();
        assertTrue(loop.isStopping());
        assertThrows(WakeupException.class, loop::runOnce);
        assertEquals(List.of("wake 1", "turn 1", "end"), happened);
    }

    @Test
    void aCallThatDoesNotEndIsBrokenOffAtTheStop() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        SessionLoop<Session> hanging = new SessionLoop<>(
                new SessionLoop.Work<Session>() {
                    @Override
                    public Session make() throws InterruptedException {
                        inside.countDown();
                        new CountDownLatch(1).await();
                        throw new AssertionError("it was awaited for ever");
                    }

                    @Override
                    public void turn(Session session) {
                        throw new AssertionError("there is no session");
                    }

                    @Override
                    public void lost(Exception cause) {
                        throw new AssertionError("nothing was lost", cause);
                    }
                },
                "the topics",
                Ticker.system(),
                Duration.ZERO,
                Duration.ofMillis(1));
        List<Throwable> ended = new ArrayList<>();
        Thread owner = Thread.ofPlatform().start(() -> {
            try {
                hanging.runOnce();
            } catch (Exception e) {
                ended.add(e);
            }
        });
        assertTrue(inside.await(30, TimeUnit.SECONDS));
        hanging.wakeup();
        assertTrue(owner.join(Duration.ofSeconds(30)));
        assertEquals(
                List.of(InterruptedException.class),
                ended.stream().map(Throwable::getClass).toList());
    }
}
