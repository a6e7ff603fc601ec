package io.millrace.sandbox.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection and the one to the target made for it. Two virtual threads carry bytes, one each way; a
 * direction holds at most one buffer, so that a slow receiver slows its sender. Thread-safe.
 */
final class Connection {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);
    static final int BUFFER_BYTES = 64 << 10;
    private static final int CONNECT_LIMIT_MS = 5_000;

    private final Socket client;
    private final Socket target = new Socket();
    private final LinkGate gate;
    private final Consumer<Connection> onEnd;
    private final AtomicInteger directions = new AtomicInteger(2);
    private final LinkGate.Budget budget;

    /** @param onEnd called once, when the connection carries nothing any more */
    Connection(Socket client, LinkGate gate, Consumer<Connection> onEnd) {
        this.client = client;
        this.gate = gate;
        this.onEnd = onEnd;
        this.budget = gate.newBudget();
    }

    /** Connects to the target, once the link lets anything through, and carries until either side ends. */
    void run(InetSocketAddress address) {
        try {
            gate.awaitOpen(this::ended);
            client.setTcpNoDelay(true);
            target.setTcpNoDelay(true);
            target.connect(address, CONNECT_LIMIT_MS);
        } catch (IOException e) {
            // To the client it looks as if the target had refused it.
            log.debug("no connection to {}", address, e);
            reset();
            onEnd.accept(this);
            return;
        }
        Thread.ofVirtual().name("proxy-back").start(() -> carry(target, client));
        carry(client, target);
    }

    private void carry(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int read = in.read(buffer);
            while (read >= 0) {
                gate.awaitOpen(this::ended);
                int allowed = budget.take(read);
                out.write(buffer, 0, allowed);
                if (allowed < read) {
                    reset();
                    break;
                }
                read = in.read(buffer);
            }
            gate.awaitOpen(this::ended);
            to.shutdownOutput();
        } catch (IOException e) {
            // A broken side breaks the other one the same way.
            log.debug("connection to {} broke", to, e);
            reset();
        } finally {
            if (directions.decrementAndGet() == 0) {
                close();
                onEnd.accept(this);
            }
        }
    }

    private boolean ended() {
        return client.isClosed();
    }

    /** Ends it with RST on both sides: what is under way is lost. */
    void reset() {
        abort(client);
        abort(target);
        gate.wake();
    }

    private static void abort(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            log.trace("was closed already", e);
        }
        close(socket);
    }

    private void close() {
        close(client);
        close(target);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("cannot close {}", socket, e);
        }
    }
}
