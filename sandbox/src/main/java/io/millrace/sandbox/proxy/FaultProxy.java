package io.millrace.sandbox.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port of this machine that leads to another one, over a link that can be made to fail: see {@link LinkState} and
 * {@link #reset}. Kafka clients go to the address that a broker advertises, so a broker behind a proxy must advertise the
 * proxy's port. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FaultProxy.class);
    private static final int CONNECTIONS_MAX = 1_024;
    private static final int BACKLOG = 128;

    private final InetSocketAddress target;
    private final int port;
    private final LinkGate gate = new LinkGate();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    /** Null while refusing and when closed. Guarded by this. */
    private @Nullable ServerSocket listening;

    private boolean closed;

    private FaultProxy(InetSocketAddress target, ServerSocket listening) {
        this.target = target;
        this.port = listening.getLocalPort();
        this.listening = listening;
    }

    /**
     * Listens on loopback; connections to the target are made as clients come.
     *
     * @param port 0 for any free one
     */
    public static FaultProxy start(int port, InetSocketAddress target) throws IOException {
        ServerSocket socket = listen(port);
        FaultProxy proxy = new FaultProxy(target, socket);
        proxy.acceptFrom(socket);
        return proxy;
    }

    private static ServerSocket listen(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void acceptFrom(ServerSocket socket) {
        Thread.ofVirtual().name("proxy-accept-" + port).start(() -> accept(socket));
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                take(socket.accept());
            } catch (IOException e) {
                log.debug("port {} takes no more connections", port, e);
            }
        }
    }

    private void take(Socket client) throws IOException {
        if (connections.size() >= CONNECTIONS_MAX) {
            log.warn("port {} has {} connections, refuses another", port, CONNECTIONS_MAX);
            client.close();
            return;
        }
        Connection connection = new Connection(client, gate, connections::remove);
        synchronized (this) {
            connections.add(connection);
            if (listening == null) {
                // Accepted while the link began to refuse.
                connection.reset();
            }
        }
        Thread.ofVirtual().name("proxy-" + port).start(() -> connection.run(target));
    }

    public int port() {
        return port;
    }

    /** Connections now open. */
    public int open() {
        return connections.size();
    }

    /** From now on the link is like this, for open connections too. */
    public synchronized void set(LinkState state) {
        if (closed) {
            return;
        }
        gate.set(state);
        if (state instanceof LinkState.Refused) {
            stopListening();
            reset();
        } else if (listening == null) {
            try {
                ServerSocket socket = listen(port);
                listening = socket;
                acceptFrom(socket);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot listen on port " + port + " again", e);
            }
        }
    }

    /** Resets every open connection, once; new ones are treated as the state says. */
    public void reset() {
        List.copyOf(connections).forEach(Connection::reset);
    }

    private void stopListening() {
        ServerSocket socket = listening;
        listening = null;
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                log.warn("cannot close port {}", port, e);
            }
        }
    }

    /** Listens no more and resets what is open. */
    @Override
    public synchronized void close() {
        closed = true;
        stopListening();
        gate.set(new LinkState.Clear());
        reset();
    }
}
