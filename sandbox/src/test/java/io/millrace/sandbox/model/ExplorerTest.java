package io.millrace.sandbox.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.sandbox.model.Exploration.CounterExample;
import io.millrace.sandbox.model.role.Bounds;
import io.millrace.sandbox.model.role.Mutation;
import io.millrace.sandbox.model.role.Violation;
import io.millrace.sandbox.model.world.Event;
import io.millrace.sandbox.model.world.World;
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

    @Test
    void withoutTheAttemptsThatAreOverInASnapshotARestartDoesNotKnowOfALostResult() {
        CounterExample found = counterExample(Bounds.calm(1).withTailLosses(1, 1), Mutation.SNAPSHOTS_FORGET_ATTEMPTS);
        assertTrue(found.what().startsWith("a restart from a snapshot would come to"), found::toString);
        assertTrue(found.what().endsWith("g0a1 is over"), found::toString);
        assertEquals(8, found.trace().size(), found::toString);
    }

    @Test
    void aRestartKnowsThatAResultWasTakenBack() {
        takesBack(new World(Bounds.calm(3).withSlots(3).withWorkers(0, 1), Mutation.NONE));
    }

    @Test
    void withoutTheAttemptsThatAreOverInASnapshotARestartDoesNotKnowThatAResultWasTakenBack() {
        World world = new World(Bounds.calm(3).withSlots(3).withWorkers(0, 1), Mutation.SNAPSHOTS_FORGET_ATTEMPTS);
        Violation found = assertThrows(Violation.class, () -> takesBack(world));
        assertTrue(String.valueOf(found.getMessage()).endsWith("g2 is settled g0a1 is over"), found::getMessage);
    }

    /**
     * The only rejection there is in a world whose workers write nothing invalid: a result of the first attempt that
     * comes when the bound on staleness is past it and a newer attempt is out. A search gets there only in worlds that
     * have no end.
     */
    private static void takesBack(World world) {
        GroupIndex late = new GroupIndex(0);
        Attempt first = new Attempt(1);
        happens(
                world,
                new Event.Admit(),
                new Event.ConsumerReadsTask(Lane.TRAINING),
                new Event.Claim(Lane.TRAINING),
                new Event.Generate(late, first));
        trained(world, new GroupIndex(1));
        happens(
                world,
                new Event.ProducerReads(Event.ProducerReads.Followed.STEPS),
                new Event.ProducerReads(Event.ProducerReads.Followed.STEPS),
                new Event.ProducerReads(Event.ProducerReads.Followed.POLICY),
                new Event.Stall(late),
                new Event.ConsumerReadsTask(Lane.URGENT));
        trained(world, new GroupIndex(2));
        happens(
                world,
                new Event.PublishResult(late, first),
                new Event.ConsumerReadsResult(),
                new Event.Lease(Event.Trainer.A));
    }

    private static void trained(World world, GroupIndex group) {
        happens(
                world,
                new Event.Admit(),
                new Event.ConsumerReadsTask(Lane.TRAINING),
                new Event.Claim(Lane.TRAINING),
                new Event.Generate(group, new Attempt(1)),
                new Event.PublishResult(group, new Attempt(1)),
                new Event.ConsumerReadsResult(),
                new Event.Lease(Event.Trainer.A),
                new Event.Fetch(Event.Trainer.A),
                new Event.Acknowledge(Event.Trainer.A));
    }

    private static void happens(World world, Event... events) {
        for (Event event : events) {
            assertTrue(world.enabled().contains(event), () -> event + " cannot happen: " + world.enabled());
            world.apply(event);
            world.check();
        }
    }
}
