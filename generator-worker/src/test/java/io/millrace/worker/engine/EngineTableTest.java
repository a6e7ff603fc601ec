package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.common.testing.ManualTicker;
import io.millrace.worker.engine.dialect.VersionWord;
import io.millrace.worker.weights.EngineVersions;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EngineTableTest {
    private static final List<String> ENGINES = List.of("http://a", "http://b", "http://c");

    @Test
    void requestsSpreadEvenlyOverEnginesOfEqualLoad() {
        EngineTable table = new EngineTable(ENGINES, 100, VersionWord::number);
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 30; i++) {
            counts.merge(acquire(table, 0, Set.of()), 1, Integer::sum);
        }
        assertEquals(Map.of("http://a", 10, "http://b", 10, "http://c", 10), counts);
    }

    @Test
    void theLeastLoadedEngineIsChosen() {
        EngineTable table = new EngineTable(ENGINES, 100, VersionWord::number);
        for (int i = 0; i < 6; i++) {
            acquire(table, 0, Set.of());
        }
        table.answered("http://b", null);
        assertEquals("http://b", acquire(table, 0, Set.of()));
    }

    @Test
    void anUnreachableEngineRestsAndComesBack() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, VersionWord::number);
        String dead = acquire(table, 0, Set.of());
        table.unreachable(dead, 0);
        for (int i = 0; i < 5; i++) {
            assertNotEquals(dead, acquire(table, 50, Set.of()));
        }
        assertFalse(view(table, dead).healthy());
        assertEquals(dead, acquire(table, 101, Set.of()));
        assertFalse(view(table, dead).healthy(), "tried again, and not known to be back");
        table.answered(dead, null);
        assertTrue(view(table, dead).healthy());
    }

    @Test
    void whenAllRestTheOneThatIsBackFirstIsTried() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, VersionWord::number);
        String first = acquire(table, 0, Set.of());
        String second = acquire(table, 0, Set.of());
        table.unreachable(second, 0);
        table.unreachable(first, 10);
        assertEquals(second, acquire(table, 20, Set.of()));
    }

    @Test
    void anEngineThatFailedThisRequestIsTheLastChoice() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, VersionWord::number);
        for (int i = 0; i < 8; i++) {
            assertEquals("http://b", acquire(table, 0, Set.of("http://a")));
        }
        assertEquals(8, view(table, "http://b").inFlight());
        EngineTable single = new EngineTable(List.of("http://a"), 100, VersionWord::number);
        assertEquals("http://a", acquire(single, 0, Set.of("http://a")));
    }

    @Test
    void loadAndVersionAreKept() {
        EngineTable table = new EngineTable(List.of("http://a"), 100, VersionWord::number);
        acquire(table, 0, Set.of());
        acquire(table, 0, Set.of());
        table.answered("http://a", "7");
        table.abandoned("http://a");
        assertEquals(new EngineStatus("http://a", true, 0, "7"), view(table, "http://a"));
    }

    @Test
    void anEngineWithTheWeightsOfTheTaskGoesBeforeOneWithLessLoad() {
        EngineTable table = new EngineTable(ENGINES, 100, VersionWord::number);
        table.told("http://a", "4");
        table.told("http://b", "5");
        table.told("http://c", "6");
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 10; i++) {
            counts.merge(acquire(table, 5), 1, Integer::sum);
        }
        assertEquals(Map.of("http://b", 5, "http://c", 5), counts);
        assertEquals("http://a", acquire(table, 4), "any of them will do, so the least loaded");
    }

    @Test
    void anEngineThatDoesNotTellGoesBeforeOneThatIsBehind() {
        EngineTable table = new EngineTable(ENGINES, 100, VersionWord::number);
        table.told("http://a", "4");
        table.told("http://b", "default");
        table.told("http://c", null);
        for (int i = 0; i < 10; i++) {
            assertNotEquals("http://a", acquire(table, 5));
        }
        table.told("http://a", "5");
        assertEquals("http://a", acquire(table, 5));
    }

    @Test
    void onlyWhereAllAreBehindOneOfThemIsTakenOrRefused() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, VersionWord::number);
        table.told("http://a", "4");
        table.told("http://b", "5");
        assertNull(table.acquire(0, Set.of(), 6, false));
        assertEquals(
                0, view(table, "http://a").inFlight() + view(table, "http://b").inFlight());
        assertTrue(Objects.requireNonNull(table.acquire(0, Set.of(), 6, true)).behind());
        table.told("http://b", "6");
        assertEquals(new EngineTable.Pick("http://b", false), table.acquire(0, Set.of(), 6, false));
        // The one that would do has failed this request, or is away: the other is asked whether it will do.
        assertNull(table.acquire(0, Set.of("http://b"), 6, false));
        table.unreachable("http://b", 0);
        assertNull(table.acquire(1, Set.of(), 6, false));
    }

    @Test
    void whereAllAreAwayNoneIsWaitedFor() {
        EngineTable table = new EngineTable(List.of("http://a"), 100, VersionWord::number);
        table.told("http://a", "4");
        acquire(table, 0, Set.of());
        table.unreachable("http://a", 0);
        assertEquals(new EngineTable.Pick("http://a", false), table.acquire(1, Set.of(), 6, false));
    }

    @Test
    void anEngineWhoseWordIsNoVersionIsNotTakenForNewEnough() {
        VersionWord.Reading below100 = word -> {
            OptionalLong number = VersionWord.number(word);
            return number.isPresent() && number.getAsLong() < 100 ? number : OptionalLong.empty();
        };
        EngineTable table = new EngineTable(List.of("http://named", "http://counts"), 100, below100);
        table.told("http://named", "20261124");
        table.told("http://counts", "4");
        for (int i = 0; i < 4; i++) {
            assertEquals("http://counts", acquire(table, 4));
        }
    }

    @Test
    void anEngineThatFailsInARowIsTriedByOneRequestInEachRest() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, 3, VersionWord::number);
        for (int i = 0; i < 3; i++) {
            assertEquals("http://a", acquire(table, 0, Set.of("http://b")));
            assertTrue(view(table, "http://a").healthy(), "not yet");
            table.failed("http://a", 0);
        }
        assertFalse(view(table, "http://a").healthy());
        table.told("http://a", "4");
        for (int i = 0; i < 5; i++) {
            assertEquals("http://b", acquire(table, 99, Set.of()), "also after it said its version");
        }
        assertEquals("http://a", acquire(table, 100, Set.of()), "the one that tries it");
        for (int i = 0; i < 5; i++) {
            assertEquals("http://b", acquire(table, 199, Set.of()), "while that is under way");
        }
        table.answered("http://a", null);
        assertTrue(view(table, "http://a").healthy());
        assertEquals("http://a", acquire(table, 199, Set.of()), "it is the least loaded");
    }

    @Test
    void aFailureBetweenAnswersTakesNoEngineOut() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, 2, VersionWord::number);
        for (int i = 0; i < 10; i++) {
            acquire(table, 0, Set.of("http://b"));
            table.failed("http://a", 0);
            acquire(table, 0, Set.of("http://b"));
            table.busy("http://a");
            acquire(table, 0, Set.of("http://b"));
            table.answered("http://a", null);
        }
        assertTrue(view(table, "http://a").healthy());
    }

    @Test
    void anEngineThatWasAwayAndSaysItsVersionMayBeAskedByAll() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, 3, VersionWord::number);
        acquire(table, 0, Set.of("http://b"));
        table.unreachable("http://a", 0);
        assertEquals("http://b", acquire(table, 1, Set.of()));
        table.told("http://a", "4");
        assertEquals("http://a", acquire(table, 1, Set.of()));
        assertEquals("http://a", acquire(table, 1, Set.of("http://b")));
    }

    @Test
    void anEngineTakenOffGetsNothingMoreAndIsForgottenWithItsLastRequest() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100, VersionWord::number);
        acquire(table, 0, Set.of("http://b"));
        assertTrue(table.takeOff("http://a"));
        assertFalse(table.takeOff("http://a"), "it is no more");
        for (int i = 0; i < 5; i++) {
            assertEquals("http://b", acquire(table, 0, Set.of("http://b")));
        }
        assertEquals(
                List.of("http://b"),
                table.statuses().stream().map(EngineStatus::address).toList());
        assertTrue(table.isTakenOff("http://a"));
        table.answered("http://a", "7");
        table.told("http://a", "8");
        assertNull(table.weightVersion("http://a"), "a stranger");
        assertTrue(table.takeOff("http://b"));
        assertTrue(table.isEmpty());
    }

    @Test
    void anEngineTakenOffMayComeBackWithItsRequestsUnderWay() {
        EngineTable table = new EngineTable(List.of("http://a"), 100, VersionWord::number);
        acquire(table, 0, Set.of());
        assertTrue(table.takeOff("http://a"));
        assertTrue(table.add("http://a"));
        assertFalse(table.add("http://a"), "it is there");
        assertTrue(table.add("http://b"));
        assertEquals("http://b", acquire(table, 0, Set.of()));
        table.answered("http://a", null);
        assertEquals("http://a", acquire(table, 0, Set.of()));
    }

    private static String acquire(EngineTable table, long nowNanos, Set<String> avoid) {
        return Objects.requireNonNull(table.acquire(nowNanos, avoid, 0, false)).address();
    }

    private static String acquire(EngineTable table, long leastVersion) {
        EngineTable.Pick pick = Objects.requireNonNull(table.acquire(0, Set.of(), leastVersion, false));
        assertFalse(pick.behind());
        return pick.address();
    }

    private static EngineStatus view(EngineTable table, String address) {
        return table.statuses().stream()
                .filter(view -> view.address().equals(address))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whereRequestsGoCountsNoAnswerOfAnEngine() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        WeightsGate gate = new WeightsGate(Duration.ofMinutes(1), new ManualTicker());
        EngineTable table =
                new EngineTable(List.of("http://named", "http://other"), 100, new EngineVersions(gate, registry));
        table.told("http://named", "20261124");
        table.told("http://other", "20261124");
        for (int i = 0; i < 10; i++) {
            var _ = table.acquire(0, Set.of(), 0, true);
        }
        assertEquals(
                0,
                registry.get("millrace.worker.version.words.unread").counter().count());
    }
}
