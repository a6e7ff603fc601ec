package io.millrace.trainer.journal;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.time.EverySoOften;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a ledger's snapshot is written. A snapshot grows with what is settled out of order and with rejections of groups
 * that are not settled: one that no record takes, or no reader, is left out, and the run goes on from the one before,
 * which costs a longer replay and results that are kept for longer, and loses nothing. The next is tried after as many
 * records again.
 *
 * <p>Pure but for its line in the log. One owner.
 */
public final class Snapshots {
    private static final Logger log = LoggerFactory.getLogger(Snapshots.class);

    private final int everyRecords;
    private final long bytesMax;
    private final EverySoOften lines;
    private final Runnable onTooLarge;
    private long dueAtRecords;

    /**
     * @param everyRecords of {@code steps} between two snapshots
     * @param recordBytesMax the largest record that the topic takes
     * @param lines how often a snapshot that is left out is told of
     * @param onTooLarge called for each
     */
    public Snapshots(int everyRecords, long recordBytesMax, EverySoOften lines, Runnable onTooLarge) {
        this.everyRecords = everyRecords;
        this.bytesMax = Math.min(recordBytesMax, ControlCodec.BYTES_MAX);
        this.lines = lines;
        this.onTooLarge = onTooLarge;
        this.dueAtRecords = everyRecords;
    }

    /** Whether enough was written since the last, or since one that was too large. */
    public boolean isDue(StepLedger ledger) {
        return ledger.recordsSinceSnapshot() >= dueAtRecords;
    }

    /**
     * The records, with a snapshot behind them where one is due and a record takes it, and behind that the leases that are
     * open. The ledger has it then.
     *
     * @param records of an acknowledgement or a resumption, to be written in one transaction
     * @param snapshot of this ledger as it is with these records
     */
    public List<ControlRecord> behind(
            List<ControlRecord> records, StepLedger ledger, Supplier<StepRecord.Snapshot> snapshot) {
        if (!isDue(ledger)) {
            return records;
        }
        StepRecord.Snapshot copy = snapshot.get();
        long bytes = ControlCodec.encode(copy).length;
        if (bytes > bytesMax) {
            dueAtRecords = ledger.recordsSinceSnapshot() + everyRecords;
            onTooLarge.run();
            if (lines.isDue()) {
                log.warn(
                        "the snapshot before step {} is not written: it takes {} bytes and a record at most {} (--record-size-max, and {} of any control record); restarts replay from the one before, and results are kept from there",
                        copy.nextStep(),
                        bytes,
                        bytesMax,
                        ControlCodec.BYTES_MAX);
            }
            return records;
        }
        dueAtRecords = everyRecords;
        ledger.take(copy);
        List<ControlRecord> more = new ArrayList<>(records);
        more.add(copy);
        // Readers begin at the snapshot, which names no lease.
        more.addAll(ledger.openLeases().all());
        return more;
    }
}
