package io.millrace.trainer.evaluate.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportEndsTest {
    private static final Map<Integer, Long> BEGINS = Map.of(0, 4L, 1, 0L);

    private final ReportEnds reports = new ReportEnds(1);

    @Test
    void withoutAReportAllIsRead() {
        assertEquals(BEGINS, reports.readFrom(BEGINS, Map.of(0, 60L, 1, 60L), Map.of()));
        assertEquals(Map.of(), reports.deletableBelow());
    }

    @Test
    void whatIsReportedIsNotReadAgain() {
        reports.reported(Map.of(0, 20L, 1, 0L));
        assertEquals(Map.of(), reports.deletableBelow());
        reports.reported(Map.of(0, 56L, 1, 59L));
        assertEquals(Map.of(0, 56L, 1, 59L), reports.readFrom(BEGINS, Map.of(0, 56L, 1, 80L), Map.of()));
        assertEquals(Map.of(0, 20L), reports.deletableBelow());
        reports.reported(Map.of(0, 60L, 1, 61L));
        assertEquals(Map.of(0, 56L, 1, 59L), reports.deletableBelow());
    }

    @Test
    void aPlaceThatTheLogDoesNotReachAnyMoreSaysNothing() {
        reports.reported(Map.of(0, 55L, 1, 58L));
        reports.reported(Map.of(0, 56L, 1, 59L));
        assertEquals(Map.of(0, 4L, 1, 59L), reports.readFrom(BEGINS, Map.of(0, 54L, 1, 59L), Map.of()));
        assertEquals(Map.of(1, 58L), reports.deletableBelow(), "others come to stand below 55");
        // The log has grown again: what was forgotten stays so.
        assertEquals(Map.of(0, 4L, 1, 59L), reports.readFrom(BEGINS, Map.of(0, 90L, 1, 90L), Map.of()));
    }

    /** It was cut, and has grown past the place before anybody looked. */
    @Test
    void aPlaceAboveAResultThatNoReportHasSaysNothing() {
        reports.reported(Map.of(0, 55L, 1, 58L));
        reports.reported(Map.of(0, 56L, 1, 59L));
        Map<Integer, Long> claimed = Map.of(0, 55L, 1, 59L);
        assertEquals(Map.of(0, 4L, 1, 59L), reports.readFrom(BEGINS, Map.of(0, 90L, 1, 90L), claimed));
        assertEquals(Map.of(0, 55L, 1, 58L), reports.deletableBelow(), "what stands below 55 is of older reports");
    }
}
