package io.millrace.sandbox.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingsBinder;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    /** @param bounds those in which it is no world of defaults, such as {@code deaths=1} */
    private static Bounds world(String... bounds) {
        Map<String, String> flags = new HashMap<>();
        for (String bound : bounds) {
            String[] pair = bound.split("=", 2);
            flags.put("world-" + pair[0], pair[1]);
        }
        return SettingsBinder.of(Bounds.class, flags);
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
        holds(world("groups=1", "producer-restarts=1"));
        holds(world("groups=1", "consumer-restarts=1"));
        holds(world("groups=1", "deaths=1"));
    }

    @Test
    void anAcknowledgementOfAnOlderLineageChangesNothing() {
        holds(world("groups=1", "resumes=1"));
    }

    @Test
    void withoutTheCheckOfTheLeaseAnOlderLineageIsAcknowledged() {
        CounterExample found = counterExample(world("groups=1", "resumes=1"), Mutation.ANY_TRAINER_ACKNOWLEDGES);
        assertTrue(found.what().startsWith("trainer A was given step 0 of lineage 0"), found::toString);
        assertEquals(10, found.trace().size(), found::toString);
        assertInstanceOf(Event.Acknowledge.class, found.trace().getLast());
    }

    @Test
    void withoutLossesAGroupIsStuck() {
        CounterExample found = counterExample(world("groups=1", "deaths=1"), Mutation.NOBODY_IS_LOST);
        assertInstanceOf(Event.Die.class, found.trace().getLast(), found::toString);
    }

    @Test
    void aLostResultIsStuckWhenTheProducerDoesNotHearOfIt() {
        CounterExample found = counterExample(world("groups=1", "tail-losses=1"), Mutation.MISSING_UNHEARD);
        assertInstanceOf(Event.LoseTail.class, found.trace().getLast(), found::toString);
    }

    @Test
    void aLostMarkerIsWrittenAgainWhicheverLogLostItsTail() {
        holds(world("groups=1", "max-losses=1", "deaths=1", "tail-losses=1", "tail-records=2"));
    }

    @Test
    void walksThroughALargerWorldEndWithEveryGroupSettledAndRepeat() {
        Bounds bounds = world(
                "groups=8",
                "batch-groups=2",
                "slots=4",
                "deaths=3",
                "stalls=3",
                "producer-restarts=2",
                "consumer-restarts=2",
                "tail-losses=2",
                "tail-records=2",
                "resumes=1",
                "lost-answers=2");
        Exploration once = new RandomWalks(bounds, Mutation.NONE, 200, STATES_MAX, Ticker.system()).run(1, 10);
        assertNull(once.counterExample(), () -> bounds + "\n" + once.counterExample());
        Exploration again = new RandomWalks(bounds, Mutation.NONE, 200, STATES_MAX, Ticker.system()).run(1, 10);
        assertEquals(List.of(once.states(), once.transitions()), List.of(again.states(), again.transitions()));
    }

    @Test
    void aWalkFindsTheCounterExampleToo() {
        Bounds bounds = world("groups=3", "resumes=1");
        Exploration found = new RandomWalks(bounds, Mutation.ANY_TRAINER_ACKNOWLEDGES, 200, STATES_MAX, Ticker.system())
                .run(1, 300);
        assertNotNull(found.counterExample());
    }

    @Test
    void withoutTheAttemptsThatAreOverInASnapshotARestartDoesNotKnowOfALostResult() {
        CounterExample found = counterExample(world("groups=1", "tail-losses=1"), Mutation.SNAPSHOTS_FORGET_ATTEMPTS);
        assertTrue(found.what().startsWith("a restart from a snapshot would come to"), found::toString);
        assertTrue(found.what().endsWith("g0a1 is over"), found::toString);
        assertEquals(8, found.trace().size(), found::toString);
    }

    @Test
    void aRestartKnowsThatAResultWasTakenBack() {
        takesBack(new World(world("groups=3", "slots=3", "stalls=1"), Mutation.NONE));
    }

    @Test
    void withoutTheAttemptsThatAreOverInASnapshotARestartDoesNotKnowThatAResultWasTakenBack() {
        World world = new World(world("groups=3", "slots=3", "stalls=1"), Mutation.SNAPSHOTS_FORGET_ATTEMPTS);
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
