package io.millrace.trainer.download;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.id.StepNumber;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.catalogue.TrainerMetric;
import io.millrace.common.time.Ticker;
import io.millrace.common.units.Durations;
import io.millrace.common.wire.PackedGroup;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.batch.BatchBody;
import io.millrace.trainer.batch.LeasedBatch;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches on their way to readers over HTTP. Reading and encoding takes one of few permits, since that costs memory twice
 * and processors; a permit is never held while a reader is waited for. What is being sent is bounded by number and
 * memory, and a reader that takes nothing is sent away: at its limit, or earlier when another needs the room ({@link
 * DownloadTable} decides). A writer that waits for its reader is ended by interrupting its thread, which closes its
 * connection. Thread-safe.
 */
public final class BatchDownloads {
    /** Of health. */
    static final String PART = "downloads";

    /** Batches read and encoded at once: more would share the same consumer and processors. */
    private static final int MAKING_MAX = 2;
    /** For a permit; making one takes seconds at most, or the broker is away, which its own limit tells. */
    private static final long MAKING_WAIT_SECONDS = 10;
    /** How often a download's watch looks. */
    private static final long LOOK_MS = 500;

    private static final Logger log = LoggerFactory.getLogger(BatchDownloads.class);

    /** How downloads stand. */
    public record Standing(int underWay, int standingStill, long oldestMs, long heldBytes) {}

    /** The reader has gone, or was sent away; the connection is of no more use. */
    public static final class EndedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        EndedException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private final DownloadSettings settings;
    private final DownloadTable table;
    private final Semaphore making = new Semaphore(MAKING_MAX, true);
    private final ConcurrentHashMap<Download, Thread> writers = new ConcurrentHashMap<>();
    private final Health health;
    private final Ticker ticker;
    private final Counter stalled;
    private final Counter displaced;
    private final Counter left;

    public BatchDownloads(DownloadSettings settings, Health health, MeterRegistry registry, Ticker ticker) {
        this.settings = settings;
        this.table = new DownloadTable(
                settings.downloadsMax(), settings.downloadsMemoryMax().bytes(), settings.stallLimit());
        this.health = health;
        this.ticker = ticker;
        this.stalled = TrainerMetric.DOWNLOADS_ENDED.counter(registry, "stalled");
        this.displaced = TrainerMetric.DOWNLOADS_ENDED.counter(registry, "displaced");
        this.left = TrainerMetric.DOWNLOADS_ENDED.counter(registry, "left");
        TrainerMetric.DOWNLOADS.gauge(registry, () -> standing().underWay());
        TrainerMetric.DOWNLOADS_STANDING_STILL.gauge(registry, () -> standing().standingStill());
    }

    /**
     * A place for one more download; it has to be closed.
     *
     * @throws RolloutQueueException of kind BUSY when there is none
     */
    public Place begin(StepNumber step) {
        synchronized (table) {
            long now = ticker.nanos();
            apply(table.place(now));
            return new Place(table.enter(step, now));
        }
    }

    private void apply(DownloadTable.Room room) {
        room.ending().forEach(download -> end(download, displaced, "another reader needs its room"));
        if (room.refusal() != null) {
            throw new RolloutQueueException(RolloutQueueException.Kind.BUSY, room.refusal());
        }
    }

    /** Called with the table locked: then its writer has not left, and the interrupt meets nobody else. */
    private void end(Download download, Counter reason, String why) {
        download.move(Download.State.ENDED);
        table.remove(download);
        reason.increment();
        log.warn("the connection of a reader of step {} is closed: it takes nothing, and {}", download.step(), why);
        Thread writer = writers.get(download);
        if (writer != null) {
            writer.interrupt();
        }
    }

    /** One download. Used by one thread. */
    public final class Place implements AutoCloseable {
        private final Download download;

        private Place(Download download) {
            this.download = download;
        }

        /**
         * Reads and encodes under a permit.
         *
         * @param read gives the batch
         * @param encode makes its body; memory beyond the batch's is garbage when this returns
         * @throws RolloutQueueException of kind BUSY when others are made for too long, or their memory leaves no room
         */
        public BatchBody make(Reading read, Function<LeasedBatch, BatchBody> encode) throws InterruptedException {
            if (!making.tryAcquire(MAKING_WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new RolloutQueueException(
                        RolloutQueueException.Kind.BUSY,
                        MAKING_MAX + " batches were being read for " + MAKING_WAIT_SECONDS + " s; ask again");
            }
            try {
                LeasedBatch batch = read.batch();
                synchronized (table) {
                    apply(table.hold(download, bytes(batch), ticker.nanos()));
                }
                return encode.apply(batch);
            } finally {
                making.release();
            }
        }

        /**
         * Writes it; every chunk the reader takes is progress.
         *
         * @throws EndedException when the reader has gone or was sent away
         */
        public void send(OutputStream out, BatchBody body) {
            CountDownLatch done = new CountDownLatch(1);
            synchronized (table) {
                download.move(Download.State.SENDING);
                download.progressed(ticker.nanos());
                writers.put(download, Thread.currentThread());
            }
            Thread.ofVirtual().name("download-watch").start(() -> watch(download, done));
            try {
                body.content().writeTo(new ProgressStream(out, this::progressed));
            } catch (IOException | RuntimeException e) {
                synchronized (table) {
                    if (download.state() == Download.State.ENDED) {
                        throw new EndedException("the reader stood still and was sent away", e);
                    }
                }
                left.increment();
                log.info("a reader of step {} has gone before its batch was sent: {}", download.step(), e.toString());
                throw new EndedException("the reader has gone", e);
            } finally {
                leave();
                done.countDown();
            }
        }

        private void progressed() {
            synchronized (table) {
                download.progressed(ticker.nanos());
            }
        }

        private void leave() {
            synchronized (table) {
                writers.remove(download);
                if (download.state() == Download.State.ENDED) {
                    // The interrupt was for the writing that is over.
                    Thread.interrupted();
                } else {
                    download.move(Download.State.ENDED);
                }
            }
        }

        @Override
        public void close() {
            synchronized (table) {
                table.remove(download);
            }
            report();
        }
    }

    /** Gives a batch. */
    @FunctionalInterface
    public interface Reading {
        LeasedBatch batch() throws InterruptedException;
    }

    private void watch(Download download, CountDownLatch done) {
        try {
            while (!done.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                report();
                synchronized (table) {
                    if (download.state() == Download.State.SENDING && table.overdue(download, ticker.nanos())) {
                        end(download, stalled, "has had download-stall-limit for the next 64 KiB");
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void report() {
        Standing standing = standing();
        if (standing.standingStill() == 0) {
            health.running(PART);
        } else {
            health.waiting(
                    PART,
                    standing.standingStill() + " readers that take nothing of their batch; each is sent away after "
                            + Durations.format(settings.stallLimit()));
        }
    }

    public Standing standing() {
        synchronized (table) {
            long now = ticker.nanos();
            return new Standing(
                    table.count(), table.stillCount(now), table.oldestNanos(now) / 1_000_000, table.heldBytes());
        }
    }

    /** What a batch takes in memory, and about what its blob does. */
    static long bytes(LeasedBatch batch) {
        return batch.groups().stream().mapToLong(PackedGroup::sizeBytes).sum();
    }
}
