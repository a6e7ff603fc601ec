package io.millrace.trainer.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.time.EverySoOften;
import io.millrace.trainer.steps.StepLedger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SnapshotsTest {
    private static final int EVERY = 4;

    private final StepLedger ledger = new StepLedger(new Capacity(2, 1, 1));
    private final List<StepRecord> topic = new ArrayList<>();
    private final AtomicInteger tooLarge = new AtomicInteger();

    private Snapshots snapshots(long bytesMax) {
        return new Snapshots(
                EVERY,
                bytesMax,
                new EverySoOften(Duration.ofMinutes(5), new ManualTicker()),
                tooLarge::incrementAndGet);
    }

    private StepRecord.Snapshot copy() {
        return ledger.snapshot(List.of(new StepRecord.Snapshot.ResultsRead(0, 90, 99)), 7, 3);
    }

    private void abandon(int index) {
        topic.add(ledger.abandon(new GroupIndex(index), new Attempt(1), "lost"));
    }

    /** Each with a gap before it. */
    private void settleWithGaps(int from, int to) {
        for (int index = from; index < to; index += 2) {
            abandon(index);
        }
    }

    private void writeBehind(Snapshots snapshots) {
        for (ControlRecord record : snapshots.behind(List.of(), ledger, this::copy)) {
            topic.add((StepRecord) record);
        }
    }

    private StepLedger restarted() {
        StepLedger again = new StepLedger(new Capacity(2, 1, 1));
        topic.forEach(again::fold);
        return again;
    }

    @Test
    void aSnapshotThatNoRecordTakesIsNotWrittenAndNothingIsLost() {
        topic.add(ledger.note(new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 0, 44, "bad")));
        settleWithGaps(1, 200);
        Snapshots snapshots = snapshots(ControlCodec.encode(copy()).length - 1);
        int records = topic.size();

        writeBehind(snapshots);
        assertEquals(records, topic.size());
        assertEquals(1, tooLarge.get());
        assertNull(ledger.lastSnapshot());
        assertTrue(ledger.isRejected(new GroupIndex(1), new Attempt(1), 0, 44), "a restart reads from before");

        StepLedger again = restarted();
        assertEquals(ledger.totals(), again.totals());
        assertEquals(ledger.recordsSinceSnapshot(), again.recordsSinceSnapshot());
        assertTrue(again.isSettled(new GroupIndex(199)));
        assertFalse(again.isSettled(new GroupIndex(198)));
    }

    @Test
    void oneThatWasTooLargeIsTriedAgainAfterAsManyRecordsAndWrittenOnceItFits() {
        settleWithGaps(1, 200);
        Snapshots snapshots = snapshots(ControlCodec.encode(copy()).length - 1);
        writeBehind(snapshots);
        abandon(0);
        writeBehind(snapshots);
        assertEquals(1, tooLarge.get(), "not at each acknowledgement");

        for (int index = 2; index < 200; index += 2) {
            abandon(index);
        }
        writeBehind(snapshots);
        assertEquals(topic.getLast(), ledger.lastSnapshot());
        assertEquals(0, ledger.recordsSinceSnapshot());
        topic.subList(0, topic.size() - 1).clear();
        assertEquals(ledger.totals(), restarted().totals());
    }

    @Test
    void oneThatFitsAtTheLimitIsWritten() {
        settleWithGaps(1, 200);
        writeBehind(snapshots(ControlCodec.encode(copy()).length));
        assertEquals(topic.getLast(), ledger.lastSnapshot());
        assertEquals(0, tooLarge.get());
    }

    @Test
    void whatNoReaderWouldTakeIsNotWrittenWhateverTheTopicTakes() {
        for (int index = 1; index < 800_000; index += 2) {
            ledger.abandon(new GroupIndex(index), new Attempt(1), "lost");
        }
        assertTrue(ControlCodec.encode(copy()).length > ControlCodec.BYTES_MAX);
        writeBehind(snapshots(Long.MAX_VALUE));
        assertEquals(1, tooLarge.get());
    }
}
