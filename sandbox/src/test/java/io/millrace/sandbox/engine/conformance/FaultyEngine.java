package io.millrace.sandbox.engine.conformance;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server that takes one request, answers it as it is told, byte by byte, and sees whether its client lets it go. */
final class FaultyEngine implements AutoCloseable {
    /** What it does behind its bytes. */
    enum Then {
        /** Ends the connection in order. */
        CLOSE,
        /** Ends it with a reset. */
        RESET,
        /** Says nothing more, until the client has gone. */
        HANG
    }

    private final ServerSocket listening;
    private final CompletableFuture<@Nullable Void> letGo = new CompletableFuture<>();

    FaultyEngine(String answer, Then then) throws IOException {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> serve(answer, then));
    }

    String address() {
        return "http://127.0.0.1:" + listening.getLocalPort();
    }

    /** Returns when the connection is at its end, from whichever side. */
    void awaitLetGo() throws Exception {
        letGo.get(20, TimeUnit.SECONDS);
    }

    private void serve(String answer, Then then) {
        try (Socket socket = listening.accept()) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            readRequest(in);
            OutputStream out = socket.getOutputStream();
            out.write(answer.getBytes(StandardCharsets.UTF_8));
            out.flush();
            if (then == Then.RESET) {
                socket.setSoLinger(true, 0);
            } else if (then == Then.HANG) {
                awaitEnd(in);
            }
            letGo.complete(null);
        } catch (IOException e) {
            // The client went first.
            letGo.complete(null);
        }
    }

    private static void readRequest(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int read = in.read();
            if (read < 0) {
                throw new IOException("no request");
            }
            head.append((char) read);
        }
        for (String line : head.toString().split("\r\n", -1)) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                in.skipNBytes(Long.parseLong(line.substring(15).strip()));
            }
        }
    }

    private static void awaitEnd(InputStream in) throws IOException {
        while (in.read() >= 0) {
            // Whatever it says.
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
