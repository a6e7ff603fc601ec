package io.millrace.trainer.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EventReadersTest {
    private static final byte[] EVENT = {1, 2, 3};
    private final AtomicLong nanos = new AtomicLong();

    private EventReaders readers(int max) {
        return new EventReaders(max, Duration.ofSeconds(10), Duration.ofMillis(1), nanos::get);
    }

    /** Takes nothing until its thread is interrupted, as a socket does whose other side reads no more. */
    private static final class Stuck extends OutputStream {
        final CountDownLatch writing = new CountDownLatch(1);

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one});
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            writing.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("closed");
            }
        }
    }

    @Test
    void aReaderThatTakesNothingIsSentAway() throws Exception {
        EventReaders readers = readers(1);
        Stuck stuck = new Stuck();
        CompletableFuture<Boolean> interruptedAfter = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            readers.enter();
            assertThrows(InterruptedIOException.class, () -> readers.send(stuck, () -> EVENT));
            readers.leave();
            interruptedAfter.complete(Thread.currentThread().isInterrupted());
        });
        assertTrue(stuck.writing.await(10, TimeUnit.SECONDS));
        assertFalse(interruptedAfter.isDone());
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        assertFalse(interruptedAfter.get(10, TimeUnit.SECONDS), "the thread goes on with its server clean");
        assertEquals(0, readers.count());
        assertTrue(readers.enter(), "its place is free");
        readers.leave();
    }

    @Test
    void noMoreThanTheLimitMayRead() {
        EventReaders readers = readers(1);
        assertTrue(readers.enter());
        CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(readers::enter);
        assertFalse(other.join());
        readers.leave();
        assertTrue(readers.enter());
        readers.leave();
    }

    @Test
    void whenItClosesAllAreSentAwayAndNobodyComesIn() throws Exception {
        EventReaders readers = readers(2);
        Stuck stuck = new Stuck();
        CompletableFuture<Void> gone = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            readers.enter();
            assertThrows(InterruptedIOException.class, () -> readers.send(stuck, () -> EVENT));
            readers.leave();
            gone.complete(null);
        });
        assertTrue(stuck.writing.await(10, TimeUnit.SECONDS));
        readers.close();
        gone.get(10, TimeUnit.SECONDS);
        assertFalse(readers.enter());
    }

    @Test
    void eventsAreWrittenUntilThereIsNoMore() throws Exception {
        EventReaders readers = readers(1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int[] left = {3};
        assertTrue(readers.enter());
        readers.send(out, () -> left[0]-- > 0 ? EVENT : null);
        readers.leave();
        assertEquals(9, out.size());
    }
}
