package io.millrace.common.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.lock.Access;
import io.millrace.common.http.lock.Locks;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * The HTTP server of a process: {@code /metrics} (Prometheus text), {@code /health/live} and {@code /health/ready}
 * (200 or 503, with every part's state), {@code /status} (JSON), and what a process adds, all of it behind {@link
 * RequestGuard}. Handlers run on virtual threads and may block.
 */
public final class OpsServer implements AutoCloseable {
    /**
     * How long a client may send nothing while a request of it is read or awaited. Above the 30 s for which Java's client
     * keeps a connection for its next request, so that the server is not the one that ends it under a request.
     */
    public static final Duration READ_LIMIT = Duration.ofSeconds(60);

    /**
     * Connections at once to a process that serves metrics, health and status only: a few who look, and a browser's six
     * each. The next one waits to be accepted. A connection is an open file; what the server may take is counted at the
     * process's start ({@link io.millrace.common.lifecycle.OpenFiles}), so that strangers do not take the files that the
     * process needs for the broker and for engines.
     */
    public static final int CONNECTIONS_MAX = 64;

    /** Answered without a token. */
    static final String LIVE = "/health/live";

    /** The same. */
    static final String READY = "/health/ready";

    private final GuardedServer server;

    private OpsServer(GuardedServer server) {
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
     * @throws SettingException when the address cannot be listened on, or may not be without a token
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
        Locks locks = Locks.of(settings.door().lock(), settings.opsHost(), flags.split(" and ", 2)[0]);
        GuardedServer server = GuardedServer.start(
                new GuardedServer.Place(
                        settings.opsHost(),
                        settings.opsPort(),
                        flags,
                        settings.door().allowedHosts(),
                        locks,
                        settings.door().tls(),
                        connectionsMax,
                        readLimit),
                "metrics, health and status",
                routing -> {
                    routing.get("/metrics", (request, response) -> {
                        response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
                        response.send(metrics.scrape());
                    });
                    routing.get(LIVE, (request, response) -> send(request, response, locks, health, health.live()));
                    routing.get(READY, (request, response) -> send(request, response, locks, health, health.ready()));
                    routing.get("/status", (request, response) -> sendJson(response, Status.OK_200, status.get()));
                    more.accept(routing);
                });
        return new OpsServer(server);
    }

    /** The parts, which name addresses and say what went wrong, are for who shows a token. */
    private static void send(ServerRequest request, ServerResponse response, Locks locks, Health health, boolean well) {
        ObjectNode body = Json.object();
        body.put("ok", well);
        if (RequestGuard.access(request, locks) != Access.NONE) {
            Map<String, Health.Part> parts = health.parts();
            body.set("parts", Json.MAPPER.valueToTree(parts));
        }
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
        server.close();
    }
}
