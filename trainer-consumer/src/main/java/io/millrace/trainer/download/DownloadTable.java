package io.millrace.trainer.download;

import io.millrace.common.id.StepNumber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which downloads of batches go on and which make room. A reader that takes what it is sent is never sent away for
 * another, or as many readers as places and one more would send each other away for ever; one that stands still is, the
 * longest first, and at the limit in any case. Not thread-safe.
 */
final class DownloadTable {
    /** A reader that takes 64 KiB in this time is not standing still: that is slower than any network in use. */
    static final Duration STILL = Duration.ofSeconds(1);

    private final int downloadsMax;
    private final long bytesMax;
    private final Duration stallLimit;
    private final List<Download> downloads = new ArrayList<>();

    /** @param bytesMax of all batches; one alone may be larger */
    DownloadTable(int downloadsMax, long bytesMax, Duration stallLimit) {
        this.downloadsMax = downloadsMax;
        this.bytesMax = bytesMax;
        this.stallLimit = stallLimit;
    }

    /**
     * What room there is.
     *
     * @param ending downloads to end for it; they have left the table
     * @param refusal why there is none; null when there is
     */
    record Room(List<Download> ending, @Nullable String refusal) {}

    /** Room for one more; it has to be entered. */
    Room place(long nowNanos) {
        return room(
                null,
                nowNanos,
                () -> downloads.size() >= downloadsMax,
                () -> downloads.size() + " batches are being sent already (downloads-max); ask again");
    }

    Download enter(StepNumber step, long nowNanos) {
        Download download = new Download(step, nowNanos);
        downloads.add(download);
        return download;
    }

    /** Room for the batch of an entered download. */
    Room hold(Download download, long bytes, long nowNanos) {
        Room room = room(
                download,
                nowNanos,
                () -> heldBytes() > 0 && heldBytes() + bytes > bytesMax,
                () -> heldBytes() + " bytes of batches are being sent already, " + bytes
                        + " more would pass downloads-memory-max; ask again");
        if (room.refusal() == null) {
            download.held(bytes);
        }
        return room;
    }

    /** Ends who stands still, the longest first, while it is full. */
    private Room room(@Nullable Download but, long nowNanos, BooleanSupplier full, Supplier<String> refusal) {
        List<Download> ending = new ArrayList<>();
        while (full.getAsBoolean()) {
            Optional<Download> still = longestStill(nowNanos, but);
            if (still.isEmpty()) {
                return new Room(ending, refusal.get());
            }
            ending.add(still.get());
            remove(still.get());
        }
        return new Room(ending, null);
    }

    private Optional<Download> longestStill(long nowNanos, @Nullable Download but) {
        return downloads.stream()
                .filter(download -> download != but && download.stillNanos(nowNanos) >= STILL.toNanos())
                .max(Comparator.comparingLong(download -> download.stillNanos(nowNanos)));
    }

    /** Whether its reader has had its time. */
    boolean overdue(Download download, long nowNanos) {
        return download.stillNanos(nowNanos) >= stallLimit.toNanos();
    }

    /** No longer there: it is done, or ended. */
    void remove(Download download) {
        downloads.remove(download);
    }

    int count() {
        return downloads.size();
    }

    int stillCount(long nowNanos) {
        return (int) downloads.stream()
                .filter(download -> download.stillNanos(nowNanos) >= STILL.toNanos())
                .count();
    }

    long heldBytes() {
        return downloads.stream().mapToLong(Download::heldBytes).sum();
    }

    /** Age of the oldest in nanoseconds; 0 when there is none. */
    long oldestNanos(long nowNanos) {
        return downloads.stream()
                .mapToLong(download -> nowNanos - download.begunNanos())
                .max()
                .orElse(0);
    }
}
