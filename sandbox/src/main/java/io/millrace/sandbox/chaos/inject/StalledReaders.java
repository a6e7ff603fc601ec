package io.millrace.sandbox.chaos.inject;

import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that have asked for a batch and read nothing of it but the answer's first word, which tells whether it is
 * one, until they are closed. One owner.
 */
public final class StalledReaders implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StalledReaders.class);
    /** More than a server that holds something for each reader would have room for. */
    private static final int READERS = 4;

    private static final int RECEIVE_BYTES = 4_096;
    private static final int CONNECT_LIMIT_MS = 2_000;
    /** Longer than a server takes that was frozen or cut off from its broker when it was asked. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    private static final String BATCH = "HTTP/1.1 200";

    /** One connection. */
    private static final class Reader {
        final SocketChannel channel;
        final ByteBuffer head = ByteBuffer.allocate(BATCH.length());
        Injection.Effect effect = Injection.Effect.OPEN;

        Reader(SocketChannel channel) {
            this.channel = channel;
        }

        /** Reads no more than the answer's first word. */
        void look() {
            if (effect != Injection.Effect.OPEN) {
                return;
            }
            try {
                if (channel.read(head) < 0) {
                    effect = Injection.Effect.NONE;
                } else if (!head.hasRemaining()) {
                    effect = word().equals(BATCH) ? Injection.Effect.DONE : Injection.Effect.NONE;
                }
            } catch (IOException e) {
                log.debug("a reader was sent away", e);
                effect = Injection.Effect.NONE;
            }
        }

        String word() {
            return new String(head.array(), 0, head.position(), StandardCharsets.US_ASCII);
        }
    }

    private final List<Reader> readers = new ArrayList<>();
    private final Ticker ticker;
    private final long beganNanos;

    private StalledReaders(Ticker ticker) {
        this.ticker = ticker;
        this.beganNanos = ticker.nanos();
    }

    /** @param path of the batch, with its lease */
    static StalledReaders begin(int port, String path, Ticker ticker) throws IOException {
        StalledReaders readers = new StalledReaders(ticker);
        for (int i = 0; i < READERS; i++) {
            SocketChannel channel = SocketChannel.open();
            Reader reader = new Reader(channel);
            readers.readers.add(reader);
            try {
                // Before it connects: the window is agreed upon then.
                channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BYTES);
                channel.socket()
                        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_LIMIT_MS);
                channel.write(ByteBuffer.wrap(("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII)));
                channel.configureBlocking(false);
            } catch (IOException e) {
                log.debug("a reader cannot even ask", e);
                reader.effect = Injection.Effect.NONE;
            }
        }
        return readers;
    }

    /**
     * Does not wait.
     *
     * @return done once the server sends one of them a batch; none when it sends all of them something else, or nothing for
     *     too long
     */
    Injection.Effect look() {
        readers.forEach(Reader::look);
        if (readers.stream().anyMatch(reader -> reader.effect == Injection.Effect.DONE)) {
            return Injection.Effect.DONE;
        }
        boolean late = Duration.ofNanos(ticker.nanos() - beganNanos).compareTo(ANSWER_LIMIT) >= 0;
        return late || readers.stream().allMatch(reader -> reader.effect == Injection.Effect.NONE)
                ? Injection.Effect.NONE
                : Injection.Effect.OPEN;
    }

    /** What each was answered, as far as it has read. */
    List<String> answers() {
        return readers.stream().map(Reader::word).toList();
    }

    @Override
    public void close() {
        for (Reader reader : readers) {
            try {
                reader.channel.close();
            } catch (IOException e) {
                log.debug("cannot close {}", reader.channel, e);
            }
        }
        readers.clear();
    }
}
