package io.millrace.common.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.lock.Locks;
import io.millrace.common.http.lock.TlsFiles;
import io.millrace.common.http.lock.TlsSettings;
import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP server behind {@link RequestGuard}, which ends connections that send nothing and takes no more than it may. Handlers
 * run on virtual threads and may block.
 */
public final class GuardedServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GuardedServer.class);

    /** How often within the limit connections are looked at, and the certificate. */
    private static final int READ_CHECKS = 4;

    /**
     * Where it listens.
     *
     * @param port 0 for any that is free
     * @param flags the process's own two, for the message when the address is taken
     * @param allowedHosts names that requests may call it by, besides those that are always allowed
     * @param locks {@link Locks#OPEN} where the routes ask for something of their own
     * @param connectionsMax at once; the next one waits to be accepted
     * @param readLimit how long a client may send nothing while a request of it is read or awaited
     */
    public record Place(
            String host,
            int port,
            String flags,
            List<String> allowedHosts,
            Locks locks,
            TlsSettings tls,
            int connectionsMax,
            Duration readLimit) {
        public Place {
            allowedHosts = List.copyOf(allowedHosts);
        }
    }

    private final WebServer server;
    /** Looks after the certificate; null without. */
    private final @Nullable Thread watch;

    private GuardedServer(WebServer server, @Nullable Thread watch) {
        this.server = server;
        this.watch = watch;
    }

    private static Thread watch(WebServer server, TlsFiles tls, Duration between) {
        return Thread.ofVirtual().name("certificate").start(() -> {
            try {
                while (true) {
                    // The pace of looking: a file says nothing when it changes.
                    Thread.sleep(between);
                    tls.whenChanged(server::reloadTls);
                }
            } catch (InterruptedException e) {
                // Closed.
                Thread.currentThread().interrupt();
            }
        });
    }

    /**
     * Starts listening.
     *
     * @param what is served, for the log
     * @throws SettingException when the address cannot be listened on
     */
    public static GuardedServer start(Place place, String what, Consumer<HttpRouting.Builder> routes) {
        Duration between = place.readLimit().dividedBy(READ_CHECKS);
        TlsFiles tls = TlsFiles.of(place.tls());
        HttpRouting.Builder routing = HttpRouting.builder();
        routing.addFilter(new RequestGuard(new AllowedHosts(place.host(), place.allowedHosts()), place.locks()));
        routes.accept(routing);
        refuseTaken(place);
        try {
            WebServerConfig.Builder builder = WebServer.builder();
            if (tls != null) {
                builder.tls(tls.read());
            }
            WebServer server = builder.host(place.host())
                    .port(place.port())
                    // Our own stop sequence closes the server; a second hook would race with it.
                    .shutdownHook(false)
                    .shutdownGracePeriod(Duration.ofSeconds(2))
                    .connectionOptions(options -> options.tcpNoDelay(true))
                    .protocolsDiscoverServices(false)
                    .addConnectionSelector(new TimedConnections(Ticker.system()))
                    .idleConnectionTimeout(place.readLimit())
                    .idleConnectionPeriod(between)
                    .maxTcpConnections(place.connectionsMax())
                    .directHandlers(DirectHandlers.builder()
                            .addHandler(DirectHandler.EventType.INTERNAL_ERROR, GuardedServer::unread)
                            .build())
                    .routing(routing)
                    .build()
                    .start();
            // It logs a failure to listen and returns as if nothing were.
            if (!server.isRunning()) {
                throw cannotListen(place, "the server did not start");
            }
            log.info("{} on {}://{}:{}", what, tls == null ? "http" : "https", place.host(), server.port());
            return new GuardedServer(server, tls == null ? null : watch(server, tls, between));
        } catch (SettingException e) {
            throw e;
        } catch (RuntimeException e) {
            throw cannotListen(place, rootMessage(e));
        }
    }

    /** Asks the operating system first, since the server gives no reason. */
    private static void refuseTaken(Place place) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(place.host(), place.port()));
        } catch (IOException e) {
            throw cannotListen(place, String.valueOf(e.getMessage()));
        }
    }

    private static SettingException cannotListen(Place place, String why) {
        return new SettingException(
                place.flags() + ": cannot listen on " + place.host() + ":" + place.port() + " (" + why + ")");
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    /**
     * What went wrong outside of every route. Without a path it was the request line, of which the server reports some
     * faults (a method that is no word) as its own.
     */
    private static DirectHandler.TransportResponse unread(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType type,
            Status status,
            ServerResponseHeaders headers,
            String message) {
        boolean line = request.path().isEmpty();
        return DirectHandler.TransportResponse.builder()
                .status(line ? Status.BAD_REQUEST_400 : status)
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .keepAlive(false)
                .entity(Json.MAPPER.writeValueAsBytes(
                        Json.object().put("error", line ? "the request cannot be read" : "unexpected")))
                .build();
    }

    public int port() {
        return server.port();
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.interrupt();
        }
        server.stop();
    }
}
