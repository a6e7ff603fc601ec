package io.millrace.trainer.page;

import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.trainer.batch.BatchReader;
import io.millrace.trainer.batch.BatchSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads one group at a time from where its result stands, and keeps the last, since it is looked at piece by piece.
 * Thread-safe.
 */
public final class GroupReader {
    /** Of one group; each is at most one record. A larger group is refused. */
    static final int PARTS_MAX = 16;

    private static final Duration WAIT = Duration.ofSeconds(5);

    /** The group is too large to be shown, or others are being read. */
    static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    private record Kept(ManifestEntry entry, RolloutGroup group) {}

    private final BatchReader reader;
    private final ReentrantLock lock = new ReentrantLock(true);
    private @Nullable Kept kept;

    /** @param reader owned by this from now on, with its consumer */
    public GroupReader(BatchReader reader) {
        this.reader = reader;
    }

    /**
     * The group that stands there.
     *
     * @throws io.millrace.trainer.batch.BatchReadException when it is gone or cannot be read
     */
    RolloutGroup read(ManifestEntry entry) throws InterruptedException {
        if (entry.offsets().size() > PARTS_MAX) {
            throw new RefusedException("group " + entry.groupIndex() + " came in "
                    + entry.offsets().size() + " parts; the page shows groups of at most " + PARTS_MAX
                    + ", read it with: millrace export");
        }
        if (!lock.tryLock(WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new RefusedException("other groups are being read; ask again");
        }
        try {
            Kept last = kept;
            if (last != null && last.entry().equals(entry)) {
                return last.group();
            }
            kept = null;
            StepRecord.Lease alone = new StepRecord.Lease(
                    new Lineage(0),
                    new StepNumber(0),
                    new LeaseId("0000000000000000"),
                    new WeightVersion(0),
                    0,
                    List.of(entry));
            RolloutGroup group =
                    reader.read(new BatchSource(alone, Map.of())).getFirst().unpack();
            kept = new Kept(entry, group);
            return group;
        } finally {
            lock.unlock();
        }
    }

    /** Ends a read under way, and closes the consumer. */
    public void stop(Duration limit) throws InterruptedException {
        reader.stop(limit);
    }
}
