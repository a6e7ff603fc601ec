package io.millrace.sandbox.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.time.Ticker;
import io.millrace.sandbox.model.Exploration.CounterExample;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Small worlds, each searched to its end; larger ones are for {@code millrace explore}. */
class ExplorerTest {
    private static final int STATES_MAX = 30_000;

    @BeforeAll
    static void quiet() {
        ExploreCommand.quiet();
    }

    private static Exploration explore(Bounds bounds, Mutation mutation) {
        return new Explorer(bounds, mutation, STATES_MAX, Ticker.system()).run();
    }

    private static void holds(Bounds bounds) {
        Exploration found = explore(bounds, Mutation.NONE);
        assertNull(found.counterExample(), () -> bounds + "\n" + found.counterExample());
        assertTrue(found.complete(), () -> bounds + " is too large: " + found);
    }

    private static CounterExample counterExample(Bounds bounds, Mutation mutation) {
        Exploration found = explore(bounds, mutation);
        return Objects.requireNonNull(found.counterExample(), () -> mutation + " goes unnoticed: " + found);
    }

    @Test
    void aGroupIsSettledOnceInWhateverOrderTopicsAreReadAndWhoeverDies() {
        holds(Bounds.calm(1).withRestarts(1, 0));
        holds(Bounds.calm(1).withRestarts(0, 1));
        holds(Bounds.calm(1).withWorkers(1, 0));
    }

    @Test
    void anAcknowledgementOfAnOlderLineageChangesNothing() {
        holds(Bounds.calm(1).withTrainers(1, 0));
    }

    @Test
    void withoutTheCheckOfTheLeaseAnOlderLineageIsAcknowledged() {
        CounterExample found = counterExample(Bounds.calm(1).withTrainers(1, 0), Mutation.ANY_TRAINER_ACKNOWLEDGES);
        assertTrue(found.what().startsWith("trainer A was given step 0 of lineage 0"), found::toString);
        assertEquals(10, found.trace().size(), found::toString);
        assertInstanceOf(Event.Acknowledge.class, found.trace().getLast());
    }

    @Test
    void withoutLossesAGroupIsStuck() {
        CounterExample found = counterExample(Bounds.calm(1).withWorkers(1, 0), Mutation.NOBODY_IS_LOST);
        assertInstanceOf(Event.Die.class, found.trace().getLast(), found::toString);
    }

    @Test
    void aLostResultIsStuckWhenTheProducerDoesNotHearOfIt() {
        CounterExample found = counterExample(Bounds.calm(1).withTailLosses(1, 1), Mutation.MISSING_UNHEARD);
        assertInstanceOf(Event.LoseTail.class, found.trace().getLast(), found::toString);
    }

    @Test
    void aLostMarkerIsWrittenAgainWhicheverLogLostItsTail() {
        holds(Bounds.calm(1).withLosses(1).withWorkers(1, 0).withTailLosses(1, 2));
    }

    @Test
    void walksThroughALargerWorldEndWithEveryGroupSettledAndRepeat() {
        Bounds bounds = Bounds.calm(8)
                .withSteps(2)
                .withSlots(4)
                .withWorkers(3, 3)
                .withRestarts(2, 2)
                .withTailLosses(2, 2)
                .withTrainers(1, 2);
        Exploration once = new RandomWalks(bounds, Mutation.NONE, 200, STATES_MAX, Ticker.system()).run(1, 10);
        assertNull(once.counterExample(), () -> bounds + "\n" + once.counterExample());
        Exploration again = new RandomWalks(bounds, Mutation.NONE, 200, STATES_MAX, Ticker.system()).run(1, 10);
        assertEquals(List.of(once.states(), once.transitions()), List.of(again.states(), again.transitions()));
    }

    @Test
    void aWalkFindsTheCounterExampleToo() {
        Bounds bounds = Bounds.calm(3).withTrainers(1, 0);
        Exploration found = new RandomWalks(bounds, Mutation.ANY_TRAINER_ACKNOWLEDGES, 200, STATES_MAX, Ticker.system())
                .run(1, 300);
        assertNotNull(found.counterExample());
    }
}
