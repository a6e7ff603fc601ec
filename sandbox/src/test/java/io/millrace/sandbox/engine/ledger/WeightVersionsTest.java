package io.millrace.sandbox.engine.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WeightVersionsTest {
    private static WeightVersions versions(String... laterVersionsAtEveryTenNanos) {
        WeightVersions versions = new WeightVersions("v0");
        for (int i = 0; i < laterVersionsAtEveryTenNanos.length; i++) {
            versions.set(laterVersionsAtEveryTenNanos[i], 10L * (i + 1));
        }
        return versions;
    }

    @Test
    void tokensBelongToTheVersionInForceWhenTheyWereMade() {
        assertEquals(
                List.of(new WeightVersions.Span("v0", 0, 25), new WeightVersions.Span("v1", 25, 100)),
                versions("v1").spans(5, 20, 100, 100));
    }

    @Test
    void changesOutsideTheRequestLeaveOneSpan() {
        WeightVersions versions = versions("v1", "v2");
        assertEquals(List.of(new WeightVersions.Span("v1", 0, 8)), versions.spans(11, 5, 8, 8));
        assertEquals(List.of(new WeightVersions.Span("v2", 0, 8)), versions.spans(30, 5, 8, 8));
        assertEquals(List.of(new WeightVersions.Span("v0", 0, 8)), versions.spans(0, 5, 8, 8));
    }

    @Test
    void aCutRequestKeepsOnlyTheSpansOfItsTokens() {
        assertEquals(
                List.of(new WeightVersions.Span("v0", 0, 20)), versions("v1").spans(5, 20, 100, 20));
        assertEquals(List.of(), versions("v1").spans(5, 20, 100, 0));
    }

    @Test
    void settingTheSameVersionAgainMakesNoNewSpan() {
        assertEquals(
                List.of(new WeightVersions.Span("v0", 0, 100)), versions("v0").spans(5, 20, 100, 100));
    }

    @Test
    void spansAreAlwaysContiguousAndNeverEmpty() {
        Random random = new Random(8);
        for (int round = 0; round < 3_000; round++) {
            List<WeightVersions.Change> changes = new ArrayList<>();
            long at = Long.MIN_VALUE;
            for (int i = 0; i <= random.nextInt(6); i++) {
                changes.add(new WeightVersions.Change(at, "v" + i));
                at = (i == 0 ? 0 : at) + random.nextInt(40);
            }
            int planned = random.nextInt(50);
            int kept = planned == 0 ? 0 : random.nextInt(planned);
            int next = 0;
            for (WeightVersions.Span span :
                    WeightVersions.split(changes, random.nextInt(100), random.nextInt(100), planned, kept)) {
                assertEquals(next, span.start());
                assertTrue(span.end() > span.start());
                next = span.end();
            }
            assertEquals(kept, next);
        }
    }
}
