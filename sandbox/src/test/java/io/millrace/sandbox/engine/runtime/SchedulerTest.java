package io.millrace.sandbox.engine.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** One thread is enough: a ticket that is given a slot or aborted never waits. */
class SchedulerTest {
    private final ManualEngineTime time = new ManualEngineTime();

    @Test
    void slotsGoToTheOneThatWaitedLongest() {
        Scheduler scheduler = new Scheduler(1, 3, time);
        List<Scheduler.Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tickets.add(scheduler.admit("r" + i));
        }
        assertNull(scheduler.admit("one too many"));
        for (int i = 0; i < 4; i++) {
            assertTrue(tickets.get(i).awaitStart());
            assertEquals(i, tickets.get(i).ordinal());
            assertEquals(1, scheduler.runningCount());
            assertEquals(3 - i, scheduler.waitingCount());
            scheduler.release(tickets.get(i));
        }
        assertEquals(0, scheduler.runningCount());
    }

    @Test
    void anAbortedWaiterFreesItsPlaceAndNeverStarts() {
        Scheduler scheduler = new Scheduler(1, 1, time);
        Scheduler.Ticket running = scheduler.admit("a");
        Scheduler.Ticket waiting = scheduler.admit("b");
        assertEquals(1, scheduler.abort("b"));
        assertEquals(0, scheduler.abort("unknown"));
        assertNotNull(scheduler.admit("c"));
        scheduler.release(running);
        assertTrue(!waiting.awaitStart());
        assertEquals(Scheduler.ABORTED_WAITING, waiting.abortMessage());
        assertEquals(1, scheduler.runningCount());
    }

    @Test
    void anAbortedRunnerKeepsItsSlotUntilItGivesItBack() {
        Scheduler scheduler = new Scheduler(1, 1, time);
        Scheduler.Ticket running = scheduler.admit("a");
        scheduler.abortAll();
        assertEquals(Scheduler.ABORTED_RUNNING, running.awaitDeadline(EngineTime.NEVER));
        assertEquals(1, scheduler.runningCount());
        scheduler.release(running);
        assertEquals(0, scheduler.runningCount());
    }

    @Test
    void theLimitsHoldAndNoSlotIsLostWhateverHappens() {
        Random random = new Random(21);
        Scheduler scheduler = new Scheduler(3, 5, time);
        ArrayDeque<Scheduler.Ticket> open = new ArrayDeque<>();
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(3) > 0) {
                Scheduler.Ticket ticket = scheduler.admit("r" + random.nextInt(12));
                assertEquals(ticket == null, open.size() == 8);
                if (ticket != null) {
                    open.add(ticket);
                }
            } else if (random.nextInt(4) == 0) {
                scheduler.abort("r" + random.nextInt(12));
                open.removeIf(ticket -> Scheduler.ABORTED_WAITING.equals(ticket.abortMessage()));
            } else if (!open.isEmpty()) {
                Scheduler.Ticket oldest = open.removeFirst();
                assertTrue(oldest.awaitStart());
                scheduler.release(oldest);
            }
            assertEquals(Math.min(3, open.size()), scheduler.runningCount());
            assertEquals(Math.max(0, open.size() - 3), scheduler.waitingCount());
        }
    }
}
