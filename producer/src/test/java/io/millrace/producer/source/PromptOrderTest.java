package io.millrace.producer.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromptOrderTest {
    /** Runs that are under way must keep their order over releases; computed apart, in Python. */
    @Test
    void theOrderHolds() {
        PromptOrder order = new PromptOrder(42, 10, true, 0);
        assertArrayEquals(new int[] {0, 3, 5, 7, 9, 8, 2, 1, 4, 6}, epoch(order, 0));
        assertArrayEquals(new int[] {5, 2, 1, 9, 0, 6, 4, 8, 7, 3}, epoch(order, 1));
        assertArrayEquals(
                new int[] {1, 4, 3, 8, 7, 0, 6, 9, 2, 5}, epoch(new PromptOrder(-7, 10, true, 0), 123_456_789_012L));
        assertEquals(
                new PromptOrder.Position(3, 429_047),
                new PromptOrder(42, 1_000_000, true, 0).at(new GroupIndex(3_141_592)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 17, 1000, 4096})
    void everyEpochHasEveryRowOnce(int size) {
        PromptOrder order = new PromptOrder(size, size, true, 0);
        for (long epoch : new long[] {0, 1, 2, 1L << 40}) {
            int[] rows = epoch(order, epoch);
            Arrays.sort(rows);
            assertArrayEquals(IntStream.range(0, size).toArray(), rows);
        }
    }

    @Test
    void epochsAndSeedsHaveOrdersOfTheirOwn() {
        Map<String, String> seen = new HashMap<>();
        for (long seed = -20; seed <= 20; seed++) {
            PromptOrder order = new PromptOrder(seed, 50, true, 0);
            for (long epoch = 0; epoch < 20; epoch++) {
                String now = "seed " + seed + " epoch " + epoch;
                String before = seen.put(Arrays.toString(epoch(order, epoch)), now);
                assertEquals(null, before, now);
            }
        }
    }

    @Test
    void everyOrderOfAFewRowsIsAboutEquallyOften() {
        PromptOrder order = new PromptOrder(5, 4, true, 0);
        Map<String, Integer> counts = new HashMap<>();
        for (long epoch = 0; epoch < 24_000; epoch++) {
            counts.merge(Arrays.toString(epoch(order, epoch)), 1, Integer::sum);
        }
        assertEquals(24, counts.size());
        counts.forEach((rows, count) -> assertTrue(count > 850 && count < 1150, rows + ": " + count));
    }

    @Test
    void theOrderDoesNotDependOnWhatWasAskedBefore() {
        PromptOrder used = new PromptOrder(9, 13, true, 0);
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            GroupIndex group = new GroupIndex(random.nextLong(1L << 50));
            assertEquals(new PromptOrder(9, 13, true, 0).at(group), used.at(group));
        }
    }

    @Test
    void withoutShufflingTheRowsComeInFileOrder() {
        PromptOrder order = new PromptOrder(9, 3, false, 0);
        assertEquals(new PromptOrder.Position(0, 0), order.at(new GroupIndex(0)));
        assertEquals(new PromptOrder.Position(0, 2), order.at(new GroupIndex(2)));
        assertEquals(new PromptOrder.Position(1, 0), order.at(new GroupIndex(3)));
        assertEquals(new PromptOrder.Position(Long.MAX_VALUE / 3, 1), order.at(new GroupIndex(Long.MAX_VALUE)));
    }

    @Test
    void theOrderEndsAfterItsEpochs() {
        PromptOrder order = new PromptOrder(9, 3, true, 2);
        assertFalse(order.exhausted(new GroupIndex(5)));
        assertTrue(order.exhausted(new GroupIndex(6)));
        assertTrue(order.exhausted(new GroupIndex(Long.MAX_VALUE)));
        assertEquals(2, order.at(new GroupIndex(6)).epoch());
    }

    @Test
    void withoutALimitItNeverEnds() {
        assertFalse(new PromptOrder(9, 3, true, 0).exhausted(new GroupIndex(Long.MAX_VALUE)));
    }

    @Test
    void anEmptyDataSetOrANegativeLimitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new PromptOrder(1, 0, true, 0));
        assertThrows(IllegalArgumentException.class, () -> new PromptOrder(1, 1, true, -1));
    }

    private static int[] epoch(PromptOrder order, long epoch) {
        int[] rows = new int[order.size()];
        for (int i = 0; i < rows.length; i++) {
            PromptOrder.Position position = order.at(new GroupIndex(epoch * rows.length + i));
            assertEquals(epoch, position.epoch());
            rows[i] = position.row();
        }
        return rows;
    }
}
