package io.millrace.common.id;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.SettledIndices.Range;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SettledIndicesTest {
    private static GroupIndex index(long value) {
        return new GroupIndex(value);
    }

    @Test
    void neighboursJoinIntoOneRange() {
        SettledIndices set = new SettledIndices();
        set.add(index(1));
        set.add(index(3));
        assertEquals(List.of(new Range(1, 2), new Range(3, 4)), set.ranges());
        set.add(index(2));
        assertEquals(List.of(new Range(1, 4)), set.ranges());
        assertEquals(0, set.lowWaterMark());
        set.add(index(0));
        assertEquals(4, set.lowWaterMark());
    }

    @Test
    void addingTwiceChangesNothing() {
        SettledIndices set = new SettledIndices();
        assertTrue(set.add(index(5)));
        assertFalse(set.add(index(5)));
        assertEquals(List.of(new Range(5, 6)), set.ranges());
    }

    @Test
    void itIsTheSameSetAsAPlainOne() {
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            SettledIndices set = new SettledIndices();
            TreeSet<Long> plain = new TreeSet<>();
            for (int i = 0; i < 400; i++) {
                long value = random.nextInt(300);
                assertEquals(plain.add(value), set.add(index(value)), "seed " + seed);
            }
            long mark = 0;
            long covered = 0;
            for (long value = 0; value < 310; value++) {
                assertEquals(plain.contains(value), set.contains(index(value)), "seed " + seed);
                mark = mark == value && plain.contains(value) ? value + 1 : mark;
            }
            long before = -1;
            for (Range range : set.ranges()) {
                assertTrue(range.from() > before && range.to() > range.from(), "seed " + seed + " " + set.ranges());
                before = range.to();
                covered += range.to() - range.from();
            }
            assertEquals(mark, set.lowWaterMark(), "seed " + seed);
            assertEquals(plain.size(), covered);
        }
    }

    @Test
    void aRaisedMarkTakesInWhatItTouches() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            SettledIndices settled = new SettledIndices();
            BitSet model = new BitSet();
            for (int i = 0; i < 2_000; i++) {
                int value = random.nextInt(500);
                if (random.nextInt(200) == 0) {
                    int mark = random.nextInt(60);
                    settled.raiseTo(mark);
                    model.set(0, mark);
                } else {
                    assertEquals(!model.get(value), settled.add(index(value)), "seed " + seed);
                    model.set(value);
                }
                assertEquals(model.nextClearBit(0), settled.lowWaterMark(), "seed " + seed);
                int asked = random.nextInt(510);
                assertEquals(model.get(asked), settled.contains(index(asked)), "seed " + seed);
            }
        }
    }
}
