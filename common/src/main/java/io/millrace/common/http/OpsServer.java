package io.millrace.common.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.config.SettingException;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The HTTP server of a process: {@code /metrics} (Prometheus text), {@code /health/live} and {@code /health/ready}
 * (200 or 503, with every part's state), {@code /status} (JSON), and what a process adds, all of it behind {@link
 * RequestGuard}. Handlers run on virtual threads and may block.
 */
public final class OpsServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OpsServer.class);

    /**
     * How long a client may send nothing while a request of it is read or awaited. Above the 30 s for which Java's client
     * keeps a connection for its next request, so that the server is not the one that ends it under a request.
     */
    public static final Duration READ_LIMIT = Duration.ofSeconds(60);

    /** How often within the limit connections are looked at. */
    private static final int READ_CHECKS = 4;

    /**
     * Connections at once to a process that serves metrics, health and status only: a few who look, and a browser's six
     * each. The next one waits to be accepted. A connection is an open file; what the server may take is counted at the
     * process's start ({@link io.millrace.common.lifecycle.OpenFiles}), so that strangers do not take the files that the
     * process needs for the broker and for engines.
     */
    public static final int CONNECTIONS_MAX = 64;

    private final WebServer server;

    private OpsServer(WebServer server) {
        this.server = server;
    }

    /** Starts listening on {@code --ops-host} and {@code --ops-port}. */
    public static OpsServer start(
            OpsSettings settings,
            Health health,
            Metrics metrics,
            Supplier<ObjectNode> status,
            Consumer<HttpRouting.Builder> more) {
        return start(settings, "--ops-host and --ops-port", CONNECTIONS_MAX, health, metrics, status, more, READ_LIMIT);
    }

    /**
     * Starts listening.
     *
     * @param flags the process's own two, for the message when the address is taken
     * @param connectionsMax at once; the next one waits to be accepted
     * @param status gives the process's status; called by request threads
     * @param more adds the process's own routes
     * @param readLimit how long a client may send nothing while a request of it is read or awaited
     * @throws SettingException when the address cannot be listened on
     */
    public static OpsServer start(
            OpsSettings settings,
            String flags,
            int connectionsMax,
            Health health,
            Metrics metrics,
            Supplier<ObjectNode> status,
            Consumer<HttpRouting.Builder> more,
            Duration readLimit) {
        health.readyTimeout(settings.readyTimeout());
        HttpRouting.Builder routing = HttpRouting.builder();
        routing.addFilter(new RequestGuard(
                new AllowedHosts(settings.opsHost(), settings.door().allowedHosts())));
        routing.get("/metrics", (request, response) -> {
            response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
            response.send(metrics.scrape());
        });
        routing.get("/health/live", (request, response) -> send(response, health, health.live()));
        routing.get("/health/ready", (request, response) -> send(response, health, health.ready()));
        routing.get("/status", (request, response) -> sendJson(response, Status.OK_200, status.get()));
        more.accept(routing);
        refuseTaken(settings, flags);
        try {
            WebServer server = WebServer.builder()
                    .host(settings.opsHost())
                    .port(settings.opsPort())
                    // Our own stop sequence closes the server; a second hook would race with it.
                    .shutdownHook(false)
                    .shutdownGracePeriod(Duration.ofSeconds(2))
                    .connectionOptions(options -> options.tcpNoDelay(true))
                    .protocolsDiscoverServices(false)
                    .addConnectionSelector(new TimedConnections(Ticker.system()))
                    .idleConnectionTimeout(readLimit)
                    .idleConnectionPeriod(readLimit.dividedBy(READ_CHECKS))
                    .maxTcpConnections(connectionsMax)
                    .directHandlers(DirectHandlers.builder()
                            .addHandler(DirectHandler.EventType.INTERNAL_ERROR, OpsServer::unread)
                            .build())
                    .routing(routing)
                    .build()
                    .start();
            // It logs a failure to listen and returns as if nothing were.
            if (!server.isRunning()) {
                throw cannotListen(settings, flags, "the server did not start");
            }
            log.info("metrics, health and status on http://{}:{}", settings.opsHost(), server.port());
            return new OpsServer(server);
        } catch (SettingException e) {
            throw e;
        } catch (RuntimeException e) {
            throw cannotListen(settings, flags, rootMessage(e));
        }
    }

    /** Asks the operating system first, since the server gives no reason. */
    private static void refuseTaken(OpsSettings settings, String flags) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(settings.opsHost(), settings.opsPort()));
        } catch (IOException e) {
            throw cannotListen(settings, flags, String.valueOf(e.getMessage()));
        }
    }

    private static SettingException cannotListen(OpsSettings settings, String flags, String why) {
        return new SettingException(
                flags + ": cannot listen on " + settings.opsHost() + ":" + settings.opsPort() + " (" + why + ")");
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

    private static void send(ServerResponse response, Health health, boolean well) {
        ObjectNode body = Json.object();
        body.put("ok", well);
        Map<String, Health.Part> parts = health.parts();
        body.set("parts", Json.MAPPER.valueToTree(parts));
        sendJson(response, well ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503, body);
    }

    /** Answers with a JSON body. */
    public static void sendJson(ServerResponse response, Status status, ObjectNode body) {
        response.status(status);
        response.header(HeaderNames.CONTENT_TYPE, "application/json");
        response.send(Json.MAPPER.writeValueAsBytes(body));
    }

    public int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.stop();
    }
}
