package io.millrace.sandbox.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections that have asked for a batch and read nothing of it, until they are closed. One owner. */
final class StalledReaders implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StalledReaders.class);
    /** More than a server that holds something for each reader would have room for. */
    private static final int READERS = 4;

    private static final int RECEIVE_BYTES = 4_096;
    private static final int CONNECT_LIMIT_MS = 2_000;

    private final List<Socket> sockets = new ArrayList<>();

    /** @param path of the batch, with its lease */
    static StalledReaders begin(int port, String path) {
        StalledReaders readers = new StalledReaders();
        for (int i = 0; i < READERS; i++) {
            Socket socket = new Socket();
            readers.sockets.add(socket);
            try {
                // Before it connects: the window is agreed upon then.
                socket.setReceiveBufferSize(RECEIVE_BYTES);
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_LIMIT_MS);
                socket.getOutputStream()
                        .write(("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                log.debug("a reader cannot even ask", e);
            }
        }
        return readers;
    }

    @Override
    public void close() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                log.debug("cannot close {}", socket, e);
            }
        }
        sockets.clear();
    }
}
