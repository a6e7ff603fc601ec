package io.millrace.trainer.page;

import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who read the page's events, each on the thread of its request. So many at most; one that takes nothing for a while
 * is sent away, by interrupting its thread, which closes its connection. Thread-safe.
 */
final class EventReaders implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EventReaders.class);

    /** Makes one event after another. */
    interface Events {
        /** @return the next event's bytes; null when there is no more */
        byte @Nullable [] next() throws InterruptedException;
    }

    private final int readersMax;
    private final Duration stallLimit;
    private final Duration look;
    private final Ticker ticker;
    private final Map<Thread, Reader> readers = new HashMap<>();
    private boolean closed;

    private static final class Reader {
        /** Null while it is not being written to. */
        @Nullable
        Long writingSinceNanos;

        boolean sentAway;
        final CountDownLatch done = new CountDownLatch(1);
    }

    /**
     * @param stallLimit how long one event may take to be taken
     * @param look how often that is looked at
     */
    EventReaders(int readersMax, Duration stallLimit, Duration look, Ticker ticker) {
        this.readersMax = readersMax;
        this.stallLimit = stallLimit;
        this.look = look;
        this.ticker = ticker;
    }

    /** A place for this thread; false when there is none. */
    boolean enter() {
        Reader reader = new Reader();
        synchronized (readers) {
            if (closed || readers.size() >= readersMax) {
                return false;
            }
            readers.put(Thread.currentThread(), reader);
        }
        Thread writer = Thread.currentThread();
        Thread.ofVirtual().name("page-reader-watch").start(() -> watch(writer, reader));
        return true;
    }

    int count() {
        synchronized (readers) {
            return readers.size();
        }
    }

    /**
     * Writes events until there is no more, or the reader has gone or is sent away. After {@link #enter}.
     *
     * @throws IOException when it is not to be written to any more
     */
    void send(OutputStream out, Events events) throws IOException, InterruptedException {
        Reader reader;
        synchronized (readers) {
            reader = readers.get(Thread.currentThread());
        }
        if (reader == null) {
            throw new IllegalStateException("this thread has no place");
        }
        for (byte[] event = events.next(); event != null; event = events.next()) {
            writing(reader, ticker.nanos());
            out.write(event);
            out.flush();
            writing(reader, null);
        }
    }

    private void writing(Reader reader, @Nullable Long sinceNanos) {
        synchronized (readers) {
            reader.writingSinceNanos = sinceNanos;
        }
    }

    /** Gives the place back; the last call of a thread that entered. */
    void leave() {
        synchronized (readers) {
            Reader reader = readers.remove(Thread.currentThread());
            if (reader != null) {
                reader.done.countDown();
                if (reader.sentAway) {
                    // The interrupt was for the writing that is over.
                    Thread.interrupted();
                }
            }
        }
    }

    private void watch(Thread writer, Reader reader) {
        try {
            while (!reader.done.await(look.toMillis(), TimeUnit.MILLISECONDS)) {
                synchronized (readers) {
                    Long since = reader.writingSinceNanos;
                    if (since != null
                            && ticker.nanos() - since >= stallLimit.toNanos()
                            && readers.containsKey(writer)) {
                        log.info("a reader of the page's events has taken nothing for {} and is sent away", stallLimit);
                        reader.sentAway = true;
                        writer.interrupt();
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends all away, and takes no more. */
    @Override
    public void close() {
        synchronized (readers) {
            closed = true;
            readers.forEach((writer, reader) -> {
                reader.sentAway = true;
                writer.interrupt();
            });
        }
    }
}
