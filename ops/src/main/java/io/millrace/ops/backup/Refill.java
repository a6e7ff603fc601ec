package io.millrace.ops.backup;

import io.millrace.ops.backup.files.StoredRecord;
import org.jspecify.annotations.Nullable;

/*
 * Leases, receipts and reissued tasks name records by their offsets, so a restored partition must have every record where it
 * was. Offsets are dealt out by the broker, one after the other, and some of them hold no record any more: what was deleted
 * at the beginning, what compaction took, markers of transactions. A producer cannot leave an offset out. It can write what
 * no reader sees:
 *
 *   at the beginning    anything, deleted at the end;
 *   one offset          the record before it in a transaction of its own: the marker takes the offset;
 *   two and more        a transaction that is aborted, of one record less than the gap, and its marker.
 */

/**
 * Decides what is written so that every record of a partition gets the offset it had, and so does the next one behind the
 * last. Pure, one owner, one partition; holds one record.
 */
final class Refill {
    /** A longer gap is filled by several transactions, each well below a transaction's time limit. */
    static final long GAP_MAX = 100_000;

    /** The partition, which begins empty and takes what comes one after the other. */
    interface Log {
        /** So many records that nobody shall read: they are deleted at the end. */
        void filler(long count) throws Exception;

        /** A record, outside of any transaction: one offset. */
        void plain(StoredRecord record) throws Exception;

        /** A record in a transaction of its own, committed: two offsets. */
        void committed(StoredRecord record) throws Exception;

        /** So many records in a transaction that is aborted: one offset more than that. */
        void aborted(long records) throws Exception;
    }

    private final Log log;
    private @Nullable StoredRecord held;
    private long begin = -1;

    Refill(Log log) {
        this.log = log;
    }

    /** @param record above the one before */
    void add(StoredRecord record) throws Exception {
        if (held == null) {
            begin = record.offset();
            if (begin > 0) {
                log.filler(begin);
            }
        } else {
            settle(held, record.offset());
        }
        held = record;
    }

    /**
     * Nothing more comes.
     *
     * @param end where the next record is to stand
     * @return where the partition is to begin: what is below is to be deleted
     */
    long end(long end) throws Exception {
        if (held != null) {
            settle(held, end);
            return begin;
        }
        if (end > 0) {
            log.filler(end);
        }
        return end;
    }

    private void settle(StoredRecord record, long next) throws Exception {
        long gap = next - record.offset() - 1;
        if (gap < 0) {
            throw new IllegalArgumentException("offset " + next + " comes behind offset " + record.offset());
        }
        if (gap == 1) {
            log.committed(record);
            return;
        }
        log.plain(record);
        while (gap > 0) {
            // One offset cannot be left over: nothing would fill it.
            long filled = gap <= GAP_MAX ? gap : Math.min(GAP_MAX, gap - 2);
            log.aborted(filled - 1);
            gap -= filled;
        }
    }
}
