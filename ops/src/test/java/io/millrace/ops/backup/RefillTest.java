package io.millrace.ops.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ops.backup.files.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;

/** Every record gets the offset it had, whatever stood between. */
class RefillTest {
    /** A partition as a broker deals out offsets: what a reader sees, and what it does not. */
    private static final class ModelLog implements Refill.Log {
        private final List<Long> seen = new ArrayList<>();
        private final List<Long> is = new ArrayList<>();
        private long next;
        private long longest;

        @Override
        public void filler(long count) {
            next += count;
        }

        @Override
        public void plain(StoredRecord record) {
            put(record);
        }

        @Override
        public void committed(StoredRecord record) {
            put(record);
            next++;
        }

        @Override
        public void aborted(long records) {
            assertTrue(records > 0, "a transaction without a record has no marker");
            next += records + 1;
            longest = Math.max(longest, records + 1);
        }

        private void put(StoredRecord record) {
            seen.add(record.offset());
            is.add(next++);
        }
    }

    private static StoredRecord record(long offset) {
        return new StoredRecord(offset, 0, null, null, new Header[0]);
    }

    private static ModelLog refilled(long end, long... offsets) throws Exception {
        ModelLog log = new ModelLog();
        Refill refill = new Refill(log);
        for (long offset : offsets) {
            refill.add(record(offset));
        }
        assertEquals(offsets.length == 0 ? end : offsets[0], refill.end(end), "where it begins");
        assertEquals(log.seen, log.is);
        assertEquals(end, log.next, "where the next one is to stand");
        return log;
    }

    @Test
    void everyRecordGetsItsOffsetWhateverTheGaps() throws Exception {
        Random random = new Random(7);
        for (int run = 0; run < 2_000; run++) {
            long at = random.nextInt(5);
            long[] offsets = new long[random.nextInt(30)];
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] = at;
                at += 1 + (random.nextBoolean() ? 0 : random.nextInt(4));
            }
            refilled(at + random.nextInt(4), offsets);
        }
    }

    @Test
    void aLongGapIsFilledByTransactionsThatEndInTime() throws Exception {
        for (long more = 0; more < 5; more++) {
            long gap = 3 * Refill.GAP_MAX + more;
            ModelLog log = refilled(2 * gap + 2, 0, gap + 1);
            assertTrue(log.longest <= Refill.GAP_MAX, "" + log.longest);
        }
    }

    @Test
    void nothingIsLeftOfAPartitionThatWasDeletedWhole() throws Exception {
        refilled(0);
        refilled(12_345);
    }

    @Test
    void recordsOutOfOrderAreRefused() throws Exception {
        Refill refill = new Refill(new ModelLog());
        refill.add(record(5));
        assertThrows(IllegalArgumentException.class, () -> refill.add(record(5)));
    }
}
