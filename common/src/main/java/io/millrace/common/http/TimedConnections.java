package io.millrace.common.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.millrace.common.time.Ticker;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP/1.1 connections that end when their client sends nothing for too long, wherever in a request that is. The server's
 * own limits do not do that (Helidon 4.5): its read timeout is applied to no socket, and its idle timeout ends a
 * connection only before the first line of a request, so that half a head or half a body would hold a thread and an open
 * file for as long as its client likes. A request that is being answered is not timed here: nothing is read then.
 *
 * <p>The server asks each connection now and then how long it has been idle, and closes those beyond its limit.
 */
final class TimedConnections implements ServerConnectionSelector {
    private static final Logger log = LoggerFactory.getLogger(TimedConnections.class);

    private final Http1ConnectionSelector http =
            Http1ConnectionSelector.builder().config(Http1Config.create()).build();
    private final Ticker ticker;

    TimedConnections(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        Reading reading = new Reading(context, ticker);
        return new Timed(http.connection(new TimedContext(context, reading)), reading);
    }

    /** What a connection waits for of its client: read by its own thread, looked at and ended by the server's timer. */
    private static final class Reading {
        private final ConnectionContext context;
        private final Ticker ticker;
        private final DataReader reader = DataReader.create(this::next);
        private volatile @Nullable Long sinceNanos;

        Reading(ConnectionContext context, Ticker ticker) {
            this.context = context;
            this.ticker = ticker;
        }

        /** The next bytes; null, which ends the request, when there are no more. */
        private byte @Nullable [] next() {
            sinceNanos = ticker.nanos();
            try {
                return context.dataReader().readBuffer().readBytes();
            } catch (DataReader.InsufficientDataAvailableException e) {
                return null;
            } finally {
                sinceNanos = null;
            }
        }

        Duration waited() {
            Long since = sinceNanos;
            return since == null ? Duration.ZERO : Duration.ofNanos(ticker.nanos() - since);
        }

        /** Its reader gets an exception, which the server takes for the end of the connection and says nothing of. */
        void end() {
            try {
                context.serverSocket().close();
            } catch (UncheckedIOException e) {
                // Its own thread, or the server before this, was first.
                log.trace("connection {} is closed already", context.childSocketId(), e);
            }
        }
    }

    private record Timed(ServerConnection connection, Reading reading) implements ServerConnection {
        @Override
        public void handle(Limit limit) throws InterruptedException {
            connection.handle(limit);
        }

        @Override
        public Duration idleTime() {
            return reading.waited();
        }

        /** Also called when the server stops: a request that is still being sent is not waited for. */
        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt);
            if (!reading.waited().isZero()) {
                reading.end();
            }
        }
    }

    /** The server's, but for the reader. */
    private record TimedContext(ConnectionContext context, Reading reading) implements ConnectionContext {
        @Override
        public DataReader dataReader() {
            return reading.reader;
        }

        @Override
        public ListenerContext listenerContext() {
            return context.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return context.executor();
        }

        @Override
        public DataWriter dataWriter() {
            return context.dataWriter();
        }

        @Override
        public Router router() {
            return context.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return context.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return context.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return context.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return context.localPeer();
        }

        @Override
        public boolean isSecure() {
            return context.isSecure();
        }

        @Override
        public String socketId() {
            return context.socketId();
        }

        @Override
        public String childSocketId() {
            return context.childSocketId();
        }
    }
}
