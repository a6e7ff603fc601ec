package io.millrace.trainer.download;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.StepNumber;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DownloadTableTest {
    private static final StepNumber STEP = new StepNumber(3);
    private static final long SECOND = 1_000_000_000L;

    private final DownloadTable table = new DownloadTable(2, 1000, Duration.ofSeconds(30));

    private Download sending(long nowNanos) {
        assertNull(table.place(nowNanos).refusal());
        Download download = table.enter(STEP, nowNanos);
        download.move(Download.State.SENDING);
        return download;
    }

    @Test
    void aReaderThatStandsStillMakesRoomTheLongestFirst() {
        Download first = sending(0);
        Download second = sending(0);
        first.progressed(2 * SECOND);
        DownloadTable.Room room = table.place(4 * SECOND);
        assertNull(room.refusal());
        assertEquals(List.of(second), room.ending());
        assertEquals(1, table.count());
    }

    @Test
    void readersThatReadOnAreNotSentAwayForOthers() {
        Download first = sending(0);
        Download second = sending(0);
        first.progressed(10 * SECOND);
        second.progressed(10 * SECOND);
        DownloadTable.Room room = table.place(10 * SECOND + SECOND / 2);
        assertNotNull(room.refusal());
        assertTrue(room.ending().isEmpty());
        assertEquals(2, table.count());
    }

    @Test
    void onesBeingMadeAreNotStandingStill() {
        table.enter(STEP, 0);
        table.enter(STEP, 0);
        assertNotNull(table.place(100 * SECOND).refusal());
        assertEquals(0, table.stillCount(100 * SECOND));
        assertEquals(100 * SECOND, table.oldestNanos(100 * SECOND));
    }

    @Test
    void memoryIsBoundedButOneAloneMayBeLarger() {
        Download large = sending(0);
        assertNull(table.hold(large, 5000, 0).refusal());
        Download second = table.enter(STEP, 0);
        assertNotNull(table.hold(second, 10, SECOND / 2).refusal());
        assertEquals(5000, table.heldBytes());

        DownloadTable.Room room = table.hold(second, 10, 2 * SECOND);
        assertNull(room.refusal());
        assertEquals(List.of(large), room.ending());
        assertEquals(10, table.heldBytes());
    }

    @Test
    void theLimitCountsFromTheLastPiece() {
        Download download = sending(0);
        assertFalse(table.overdue(download, 29 * SECOND));
        assertTrue(table.overdue(download, 30 * SECOND));
        download.progressed(20 * SECOND);
        assertFalse(table.overdue(download, 49 * SECOND));
        assertTrue(table.overdue(download, 50 * SECOND));
    }

    @Test
    void anEndedDownloadStaysEnded() {
        Download download = sending(0);
        download.move(Download.State.ENDED);
        assertThrows(IllegalStateException.class, () -> download.move(Download.State.SENDING));
        assertThrows(IllegalStateException.class, () -> download.move(Download.State.ENDED));
        assertEquals(0, download.stillNanos(100 * SECOND));
    }
}
