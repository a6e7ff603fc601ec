package io.millrace.trainer.evaluate.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class EvaluationAgesTest {
    private final EvaluationAges ages = new EvaluationAges();

    @Test
    void whatArrivesCountsFromItsArrival() {
        ages.allRead(7_000);
        ages.arrived("now", 8_000);
        ages.arrived("now", 9_000);

        assertEquals(0, ages.ageMs("now", 8_000));
        assertEquals(2_500, ages.ageMs("now", 10_500));
    }

    @Test
    void whatIsReadBackHasTheAgeThatTheBrokersTimesGive() {
        ages.readBack("old", 1_700_000_000_000L);
        ages.readBack("newer", 1_700_000_060_000L);
        ages.readBack(1_700_000_100_000L);
        ages.allRead(5_000);

        assertEquals(100_000, ages.ageMs("old", 5_000));
        assertEquals(41_000, ages.ageMs("newer", 6_000));
    }

    @Test
    void aBrokersClockThatWentBackMakesNothingExpireEarly() {
        ages.readBack(1_700_003_600_000L);
        ages.allRead(5_000);
        ages.arrived("now", 5_000);
        EvaluationAges after = new EvaluationAges();
        after.readBack("ahead", 1_700_003_600_000L);
        after.readBack(1_700_000_000_000L);
        after.allRead(0);

        assertEquals(0, ages.ageMs("now", 5_000));
        assertEquals(0, after.ageMs("ahead", 0));
    }

    @Test
    void whatEndedIsForgotten() {
        ages.arrived("done", 0);
        ages.ended("done");

        assertEquals(0, ages.ageMs("done", 1_000_000));
    }
}
