package io.millrace.trainer.download;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.testing.Await;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.units.ByteSize;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.batch.BatchBody;
import io.millrace.trainer.batch.BatchShare;
import io.millrace.trainer.batch.LeasedBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchDownloadsTest {
    private static final StepNumber STEP = new StepNumber(3);
    private static final byte[] BLOB = new byte[200_000];
    private static final LeasedBatch BATCH = new LeasedBatch(
            new LeaseToken(new Lineage(0), STEP, new LeaseId("0123456789abcdef")),
            new WeightVersion(1),
            new WeightVersion(1),
            null,
            0,
            BatchShare.WHOLE,
            null,
            List.of());

    private final ManualTicker ticker = new ManualTicker();
    private final Health health = new Health(new ManualClock(7_000));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final BatchDownloads downloads = new BatchDownloads(
            new DownloadSettings(2, new ByteSize(1 << 20), Duration.ofSeconds(30)), health, registry, ticker);

    /** A reader that takes one piece and no more, as a socket whose buffers are full. */
    private static final class StalledReader extends OutputStream {
        private final CountDownLatch never = new CountDownLatch(1);

        @Override
        public void write(int b) throws IOException {
            write(new byte[1], 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("closed");
            }
        }
    }

    /** Completes with whether the thread was left interrupted. */
    private CompletableFuture<Boolean> download(OutputStream out) {
        return download(downloads, out);
    }

    private static CompletableFuture<Boolean> download(BatchDownloads from, OutputStream out) {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (BatchDownloads.Place place = from.begin(STEP)) {
                place.send(
                        out,
                        place.make(
                                () -> BATCH,
                                batch -> new BatchBody("application/json", BLOB.length, to -> to.write(BLOB))));
                ended.complete(Thread.currentThread().isInterrupted());
            } catch (BatchDownloads.EndedException e) {
                ended.complete(Thread.currentThread().isInterrupted());
            } catch (Exception e) {
                ended.completeExceptionally(e);
            }
        });
        return ended;
    }

    private double ended(String reason) {
        return registry.get("millrace.trainer.downloads.ended")
                .tag("reason", reason)
                .counter()
                .count();
    }

    @Test
    void twoStalledReadersDoNotLockOutAThird() throws Exception {
        CompletableFuture<Boolean> first = download(new StalledReader());
        CompletableFuture<Boolean> second = download(new StalledReader());
        Await.until("both are sent", () -> downloads.standing().underWay() == 2, Duration.ofSeconds(20));
        ticker.advance(Duration.ofSeconds(2));
        Await.until("health tells", () -> waits().contains("2 readers"), Duration.ofSeconds(20));
        assertTrue(health.ready());

        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        assertFalse(download(taken).get());
        assertEquals(BLOB.length, taken.size());
        assertEquals(1, ended("displaced"));
        Await.until("one was sent away", () -> first.isDone() || second.isDone(), Duration.ofSeconds(20));

        ticker.advance(Duration.ofSeconds(30));
        assertFalse(first.get());
        assertFalse(second.get());
        assertEquals(1, ended("stalled"));
        Await.until("none is left", () -> downloads.standing().underWay() == 0, Duration.ofSeconds(20));
        assertEquals(
                Health.State.RUNNING, health.parts().get(BatchDownloads.PART).state());
    }

    private String waits() {
        Health.Part part = health.parts().get(BatchDownloads.PART);
        return part == null ? "" : part.detail();
    }

    @Test
    void readersWithinTheirTimeAreNotSentAway() throws Exception {
        CompletableFuture<Boolean> first = download(new StalledReader());
        CompletableFuture<Boolean> second = download(new StalledReader());
        Await.until("both are sent", () -> downloads.standing().underWay() == 2, Duration.ofSeconds(20));
        RolloutQueueException e = assertThrows(RolloutQueueException.class, () -> downloads.begin(STEP));
        assertEquals(RolloutQueueException.Kind.BUSY, e.kind());
        assertFalse(first.isDone());
        assertFalse(second.isDone());
        Await.until(
                "both are waited for, and then sent away",
                () -> {
                    ticker.advance(Duration.ofSeconds(30));
                    return first.isDone() && second.isDone();
                },
                Duration.ofSeconds(20));
    }

    /** More places than permits: none of the readers has to go. */
    @Test
    void aPermitIsNotHeldWhileAReaderIsWaitedFor() throws Exception {
        BatchDownloads many = new BatchDownloads(
                new DownloadSettings(4, new ByteSize(1 << 20), Duration.ofSeconds(30)), health, registry, ticker);
        List<CompletableFuture<Boolean>> stalled = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            stalled.add(download(many, new StalledReader()));
        }
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        assertFalse(download(many, taken).get());
        assertEquals(BLOB.length, taken.size());
        assertEquals(0, ended("displaced"));
        Await.until(
                "the others are waited for, and then sent away",
                () -> {
                    ticker.advance(Duration.ofSeconds(30));
                    return stalled.stream().allMatch(CompletableFuture::isDone);
                },
                Duration.ofSeconds(20));
        for (CompletableFuture<Boolean> one : stalled) {
            assertFalse(one.get());
        }
    }

    @Test
    void aReaderThatGoesIsCounted() throws Exception {
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        assertFalse(download(gone).get());
        assertEquals(1, ended("left"));
        assertEquals(0, downloads.standing().underWay());
    }
}
