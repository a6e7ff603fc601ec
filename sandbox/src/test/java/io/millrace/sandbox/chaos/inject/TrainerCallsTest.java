package io.millrace.sandbox.chaos.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import io.millrace.common.testing.ManualTicker;
import io.millrace.sandbox.chaos.fleet.TrainerWatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a zombie's calls come to; the executor is the caller's thread, so that a turn makes each call and sees its answer. */
@Timeout(60)
class TrainerCallsTest {
    private static final TrainerWatch.Received PAST = new TrainerWatch.Received(1, 7, "1-7-a");

    private final ManualTicker ticker = new ManualTicker();
    private final AtomicInteger asked = new AtomicInteger();

    /** As the trainer consumer refuses who is in another lineage. */
    private static int refusal(HttpExchange call) {
        boolean lease = call.getRequestURI().getPath().endsWith("/lease");
        return lease && !call.getRequestURI().getQuery().contains("lineage=") ? 400 : 409;
    }

    private RefusedCalls calls(TrainerStandIn server) {
        return new RefusedCalls(new TrainerCalls(server.port()).late(PAST, 12), Runnable::run, ticker);
    }

    /** A turn each 100 ms, as the run looks. */
    private void turns(RefusedCalls calls, Duration duration) {
        for (long ms = 0; ms < duration.toMillis(); ms += 100) {
            calls.turn();
            ticker.advance(Duration.ofMillis(100));
        }
    }

    @Test
    void aServerThatRefusesEveryCallAsItMustIsAskedOnce() throws Exception {
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> {
            asked.incrementAndGet();
            return refusal(call);
        })) {
            RefusedCalls calls = calls(server);
            calls.turn();
            assertTrue(calls.over());
            assertEquals(List.of(), calls.problems());
            assertEquals(5, asked.get());
        }
    }

    @Test
    void aServerThatCannotAnswerNowIsAskedOnceASecondUntilItCan() throws Exception {
        AtomicInteger refusals = new AtomicInteger();
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> {
            if (asked.incrementAndGet() <= 5 * 40) {
                return 503;
            }
            refusals.incrementAndGet();
            return refusal(call);
        })) {
            RefusedCalls calls = calls(server);
            turns(calls, Duration.ofSeconds(40));
            assertEquals(0, refusals.get(), "40 s are 40 tries of each");
            assertFalse(calls.over());
            turns(calls, Duration.ofSeconds(2));
            assertTrue(calls.over());
            assertEquals(List.of(), calls.problems());
            assertEquals(5, refusals.get());
        }
    }

    @Test
    void aCallThatIsNeverAnsweredIsAProblemThatNamesIt() throws Exception {
        try (TrainerStandIn server = new TrainerStandIn(
                (call, body) -> call.getRequestURI().getPath().endsWith("/ack")
                        ? 503
                        : call.getRequestURI().getPath().endsWith("/batch") ? -1 : refusal(call))) {
            RefusedCalls calls = calls(server);
            turns(calls, RefusedCalls.LIMIT);
            assertFalse(calls.over());
            calls.turn();
            assertTrue(calls.over());
            assertEquals(2, calls.problems().size(), calls.problems()::toString);
            String busy = calls.problems().getFirst();
            assertTrue(busy.startsWith("a zombie's late acknowledgement was not answered within 100 s"), busy);
            assertTrue(busy.contains("503"), busy);
            String cut = calls.problems().getLast();
            assertTrue(cut.startsWith("a zombie's late fetch was not answered within 100 s"), cut);
        }
    }

    @Test
    void anAnswerThatIsNotTheRefusalExpectedIsAProblem() throws Exception {
        for (int status : List.of(200, 202, 400, 404)) {
            try (TrainerStandIn server = new TrainerStandIn(
                    (call, body) -> call.getRequestURI().getPath().endsWith("/policy") ? status : refusal(call))) {
                RefusedCalls calls = calls(server);
                calls.turn();
                assertTrue(calls.over());
                assertEquals(1, calls.problems().size(), calls.problems()::toString);
                String problem = calls.problems().getFirst();
                assertTrue(
                        problem.startsWith(
                                "a zombie's late announcement must be refused with 409 and was answered " + status),
                        problem);
            }
        }
    }
}
