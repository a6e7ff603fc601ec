package io.millrace.trainer.decide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AbandonedRowTest {
    private static final String UNKNOWN = "3 attempts failed, the limit is 3: reward-unknown: no reward is called 'x'";
    private static final String LOST = "10 attempts were lost, the limit is 10: no live worker has named it";

    @Test
    void pastTheLimitTheCommonestCauseIsTheVerdictWithItsCount() {
        AbandonedRow row = new AbandonedRow(3);
        row.abandoned(UNKNOWN);
        row.abandoned(LOST);
        row.abandoned(UNKNOWN + " again");
        assertEquals(Optional.empty(), row.verdict());
        row.abandoned(UNKNOWN + " and again");
        String verdict = row.verdict().orElseThrow();
        assertTrue(verdict.startsWith("4 groups in a row were given up and none finished"), verdict);
        assertTrue(verdict.contains("max-consecutive-abandoned 3"), verdict);
        assertTrue(verdict.contains("of 3: reward-unknown: no reward is called 'x' and again"), verdict);
        row.finished(new GroupIndex(9));
        assertEquals(verdict, row.verdict().orElseThrow(), "it stays");
    }

    @Test
    void aGroupThatFinishesBeginsTheRowAnew() {
        AbandonedRow row = new AbandonedRow(1);
        row.abandoned(UNKNOWN);
        assertEquals(1, row.consecutive());
        assertEquals(
                "last abandoned: 1 group, commonest: reward-unknown: no reward is called 'x'",
                row.last().orElseThrow());
        row.finished(new GroupIndex(9));
        assertEquals(Optional.empty(), row.last());
        row.abandoned(LOST);
        assertEquals(1, row.consecutive());
        assertEquals(Optional.empty(), row.verdict());
        assertEquals(
                "last abandoned: 1 group, commonest: no live worker has named it",
                row.last().orElseThrow());
    }

    @Test
    void aGroupThatIsMetAgainByTheNextSessionHasNotFinishedAgain() {
        AbandonedRow row = new AbandonedRow(1);
        row.finished(new GroupIndex(9));
        row.abandoned(UNKNOWN);
        row.finished(new GroupIndex(9));
        assertEquals(1, row.consecutive());
        row.abandoned(UNKNOWN);
        assertTrue(row.verdict().isPresent());
        row.finished(new GroupIndex(10));
        assertEquals(0, row.consecutive());
    }

    @Test
    void causesWithoutEndAreBounded() {
        AbandonedRow row = new AbandonedRow(1_000_000);
        for (int i = 0; i < 10_000; i++) {
            row.abandoned("3 attempts failed, the limit is 3: kind-" + i + ": " + "x".repeat(1000));
        }
        assertEquals(10_000, row.consecutive());
        String last = row.last().orElseThrow();
        assertTrue(last.length() < 400, last);
        assertTrue(last.contains("commonest: kind-9999: "), "kinds past the bound are counted as one: " + last);
    }
}
