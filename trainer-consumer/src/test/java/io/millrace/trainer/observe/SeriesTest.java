package io.millrace.trainer.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeriesTest {
    @Test
    void thePastIsKeptAsMeansOfWiderStretches() {
        Series series = new Series(4, new long[] {1, 10}, "a");
        for (int i = 0; i < 40; i++) {
            series.add(i, i);
        }
        assertEquals(List.of(36L, 37L, 38L, 39L), series.points(0).x());
        assertEquals(List.of(0L, 10L, 20L, 30L), series.points(1).x());
        assertEquals(List.of(4.5, 14.5, 24.5, 34.5), series.points(1).values().get("a"));
    }

    @Test
    void aStepThatIsTrainedAgainReplacesWhatItWas() {
        Series series = new Series(10, new long[] {1}, "a");
        series.add(1, 1);
        series.add(2, 2);
        series.add(3, 3);
        series.add(2, 20);
        assertEquals(List.of(1L, 2L), series.points(0).x());
        assertEquals(List.of(1.0, 20.0), series.points(0).values().get("a"));
    }

    @Test
    void whatIsNotKnownIsNoFigure() {
        Series series = new Series(10, new long[] {10}, "a", "b");
        series.add(1, 4, Double.NaN);
        series.add(2, Double.NaN, Double.NaN);
        assertEquals(4.0, series.points(0).values().get("a").getFirst());
        assertNull(series.points(0).values().get("b").getFirst());
        assertTrue(series.points(0).width() == 10);
    }
}
