package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SettledIndicesTest {
    @Test
    void theMarkRisesOverWhatWasSettledAboveIt() {
        SettledIndices settled = new SettledIndices();
        assertTrue(settled.add(2));
        assertTrue(settled.add(1));
        assertEquals(0, settled.lowWaterMark());
        assertEquals(1, settled.ranges());
        assertTrue(settled.add(0));
        assertEquals(3, settled.lowWaterMark());
        assertEquals(0, settled.ranges());
        assertFalse(settled.add(1));
    }

    @Test
    void anyOrderSettlesTheSameAsASet() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            SettledIndices settled = new SettledIndices();
            BitSet model = new BitSet();
            for (int i = 0; i < 2_000; i++) {
                int index = random.nextInt(500);
                if (random.nextInt(200) == 0) {
                    int mark = random.nextInt(60);
                    settled.raiseTo(mark);
                    model.set(0, mark);
                } else {
                    assertEquals(!model.get(index), settled.add(index), "seed " + seed);
                    model.set(index);
                }
                assertEquals(model.nextClearBit(0), settled.lowWaterMark(), "seed " + seed);
                int asked = random.nextInt(510);
                assertEquals(model.get(asked), settled.contains(asked), "seed " + seed);
            }
        }
    }
}
