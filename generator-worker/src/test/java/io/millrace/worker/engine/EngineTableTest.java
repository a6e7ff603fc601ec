package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EngineTableTest {
    private static final List<String> ENGINES = List.of("http://a", "http://b", "http://c");

    @Test
    void requestsSpreadEvenlyOverEnginesOfEqualLoad() {
        EngineTable table = new EngineTable(ENGINES, 100);
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 30; i++) {
            counts.merge(table.acquire(0, Set.of()), 1, Integer::sum);
        }
        assertEquals(Map.of("http://a", 10, "http://b", 10, "http://c", 10), counts);
    }

    @Test
    void theLeastLoadedEngineIsChosen() {
        EngineTable table = new EngineTable(ENGINES, 100);
        for (int i = 0; i < 6; i++) {
            table.acquire(0, Set.of());
        }
        table.answered("http://b", null);
        assertEquals("http://b", table.acquire(0, Set.of()));
    }

    @Test
    void anUnreachableEngineRestsAndComesBack() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100);
        String dead = table.acquire(0, Set.of());
        table.unreachable(dead, 0);
        for (int i = 0; i < 5; i++) {
            assertNotEquals(dead, table.acquire(50, Set.of()));
        }
        assertFalse(view(table, dead, 50).healthy());
        assertEquals(dead, table.acquire(101, Set.of()));
        assertTrue(view(table, dead, 101).healthy());
    }

    @Test
    void whenAllRestTheOneThatIsBackFirstIsTried() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100);
        String first = table.acquire(0, Set.of());
        String second = table.acquire(0, Set.of());
        table.unreachable(second, 0);
        table.unreachable(first, 10);
        assertEquals(second, table.acquire(20, Set.of()));
    }

    @Test
    void anEngineThatFailedThisRequestIsTheLastChoice() {
        EngineTable table = new EngineTable(List.of("http://a", "http://b"), 100);
        for (int i = 0; i < 8; i++) {
            assertEquals("http://b", table.acquire(0, Set.of("http://a")));
        }
        assertEquals(8, view(table, "http://b", 0).inFlight());
        EngineTable single = new EngineTable(List.of("http://a"), 100);
        assertEquals("http://a", single.acquire(0, Set.of("http://a")));
    }

    @Test
    void loadAndVersionAreKept() {
        EngineTable table = new EngineTable(List.of("http://a"), 100);
        table.acquire(0, Set.of());
        table.acquire(0, Set.of());
        table.answered("http://a", "7");
        table.abandoned("http://a");
        assertEquals(new EngineTable.View("http://a", true, 0, "7"), view(table, "http://a", 0));
    }

    private static EngineTable.View view(EngineTable table, String address, long now) {
        return table.views(now).stream()
                .filter(view -> view.address().equals(address))
                .findFirst()
                .orElseThrow();
    }
}
