package io.millrace.common.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenureTest {
    private final Tenure.OfProcess process = new Tenure.OfProcess("producer");

    @Test
    void eachIsAboveTheHighestOnRecordAndTheFloor() {
        Tenure first = Tenure.after(Tenure.NONE, 0);
        assertEquals(1, first.number());
        assertEquals(700, Tenure.after(first, 700).number());
        assertEquals(901, Tenure.after(new Tenure(900, "00000000"), 700).number(), "a host whose clock is behind");
        assertTrue(Tenure.after(first, 0).compareTo(first) > 0);
    }

    @Test
    void ofTwoWithOneNumberTheNameDecidesForBoth() {
        Tenure one = new Tenure(5, "0000000a");
        Tenure other = new Tenure(5, "0000000b");
        assertTrue(one.compareTo(other) < 0 && other.compareTo(one) > 0);
        assertTrue(one.compareTo(new Tenure(4, "ffffffff")) > 0);
    }

    @Test
    void itIsReadAsItIsWritten() {
        Tenure tenure = Tenure.after(Tenure.NONE, 1_764_000_000_000L);
        assertEquals(Optional.of(tenure), Tenure.parse(tenure.toString()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "5", "5-", "-00000000", "x-00000000", "5-0000000", "5-000000000", "5-0000000G", "5-00000000 "
            })
    void whatNobodyWritesIsNone(String text) {
        assertEquals(Optional.empty(), Tenure.parse(text));
    }

    @Test
    void aProcessKeepsItsOwnOverItsSessionsUntilANewerOneHasTheRun() {
        Tenure mine = process.above(new Tenure(7, "00000000"), 0);
        assertEquals(8, mine.number());
        assertEquals(mine, process.above(mine, 0), "timed out by the broker, and nobody has come");
        assertEquals(mine, process.above(Tenure.NONE, 0), "the record was lost");
        Tenure newer = Tenure.after(mine, 0);
        FencedException fenced = assertThrows(FencedException.class, () -> process.above(newer, 0));
        assertEquals(
                "a newer producer (" + newer + ") has taken the run from this one (" + mine + ")", fenced.getMessage());
    }
}
