package io.millrace.sandbox.growth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.time.Ticker;
import io.millrace.sandbox.growth.record.Content;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The parts measure what they say; how long it takes is not looked at. */
class GrowthTest {
    private final Stopwatch watch = new Stopwatch(Ticker.system()::nanos);

    @Test
    void eachPartHasItsFigures() {
        List<Figure> figures = new ArrayList<>(LedgerGrowth.inFlight(1_000, watch));
        figures.addAll(LedgerGrowth.afterSettling(2_000, watch));
        figures.addAll(GateGrowth.of(1_000, Content.one(), watch));
        assertEquals(10, figures.size(), figures::toString);
        figures.stream()
                .filter(figure -> figure.unit().equals("us"))
                .forEach(figure -> assertTrue(figure.value() > 0, figure::toString));
    }
}
