package io.millrace.worker.agent;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.GuardedServer;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.http.OpsServer;
import io.millrace.common.http.lock.Locks;
import io.millrace.common.json.Json;
import io.millrace.worker.agent.chat.Answer;
import io.millrace.worker.agent.chat.ApiError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What agents ask in OpenAI's words: {@code /v1/chat/completions}, {@code /v1/completions}, {@code /v1/models}. Whoever shows
 * no task's key is refused.
 */
final class AgentServer implements AutoCloseable {
    /** How often the client asks once more, as OpenAI's own clients count. */
    private static final HeaderName RETRIES = HeaderNames.create("X-Stainless-Retry-Count");

    private static final String BEARER = "Bearer ";

    private interface Route {
        void answer(Session session, ServerRequest request, ServerResponse response) throws ApiError;
    }

    private interface Completer {
        Answer complete(JsonNode body, String key, boolean repeated) throws ApiError;
    }

    private final Sessions sessions;
    private final AgentSettings settings;
    private final boolean secure;
    private final GuardedServer server;

    private AgentServer(AgentSettings settings, HttpDoorSettings door, int connectionsMax, Sessions sessions) {
        this.settings = settings;
        this.sessions = sessions;
        this.secure = door.tls().tlsKeyFile() != null;
        List<String> hosts = new ArrayList<>(door.allowedHosts());
        if (settings.agentBaseUrl() != null) {
            hosts.add(URI.create(settings.agentBaseUrl()).getHost());
        }
        this.server = GuardedServer.start(
                new GuardedServer.Place(
                        settings.agentHost(),
                        settings.agentPort(),
                        "--agent-host and --agent-port",
                        hosts,
                        // Who shows no task's key is refused.
                        Locks.OPEN,
                        door.tls(),
                        connectionsMax,
                        OpsServer.READ_LIMIT),
                "completions for agents",
                this::routes);
    }

    /**
     * Starts listening.
     *
     * @param connectionsMax at once; the next one waits to be accepted
     * @throws io.millrace.common.config.SettingException when the address cannot be listened on
     */
    static AgentServer start(AgentSettings settings, HttpDoorSettings door, int connectionsMax, Sessions sessions) {
        return new AgentServer(settings, door, connectionsMax, sessions);
    }

    /** What agents are told. */
    String baseUrl() {
        String told = settings.agentBaseUrl();
        return told != null
                ? told
                : (secure ? "https://" : "http://") + settings.agentHost() + ":" + server.port() + "/v1";
    }

    private void routes(HttpRouting.Builder routing) {
        routing.post(
                        "/v1/chat/completions",
                        (request, response) ->
                                with(request, response, (session, asked, told) -> complete(asked, told, session::chat)))
                .post(
                        "/v1/completions",
                        (request, response) ->
                                with(request, response, (session, asked, told) -> complete(asked, told, session::text)))
                .get("/v1/models", (request, response) -> with(request, response, this::models))
                .any((request, response) -> send(
                        response, new ApiError(404, "not_found", request.path().path() + " is not there")));
    }

    private void with(ServerRequest request, ServerResponse response, Route route) {
        try {
            String shown = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
            Session session = sessions.named(
                    shown.startsWith(BEARER) ? shown.substring(BEARER.length()).strip() : null);
            route.answer(session, request, response);
        } catch (ApiError e) {
            send(response, e);
        }
    }

    private static void send(ServerResponse response, ApiError error) {
        if (error.status() == 413) {
            // The rest of the body is not read.
            response.header(HeaderNames.CONNECTION, "close");
        }
        OpsServer.sendJson(response, Status.create(error.status()), error.json());
    }

    private void models(Session session, ServerRequest request, ServerResponse response) {
        ObjectNode models = Json.object().put("object", "list");
        models.putArray("data")
                .addObject()
                .put("id", settings.agentModel())
                .put("object", "model")
                .put("created", 0)
                .put("owned_by", "millrace");
        OpsServer.sendJson(response, Status.OK_200, models);
    }

    private void complete(ServerRequest request, ServerResponse response, Completer completer) throws ApiError {
        byte[] bytes = body(request);
        JsonNode body;
        try {
            body = Json.MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            throw ApiError.bad("the body is no JSON: " + e.getOriginalMessage());
        }
        if (!body.isObject()) {
            throw ApiError.bad("the body must be a JSON object");
        }
        boolean repeated = !request.headers().first(RETRIES).orElse("0").equals("0");
        Answer answer = completer.complete(body, key(bytes), repeated);
        if (body.path("stream").asBoolean(false)) {
            response.header(HeaderNames.CONTENT_TYPE, "text/event-stream");
            response.send(answer.events(
                    body.path("stream_options").path("include_usage").asBoolean(false)));
        } else {
            OpsServer.sendJson(response, Status.OK_200, answer.whole());
        }
    }

    private static String key(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private byte[] body(ServerRequest request) throws ApiError {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        int max = settings.agentBodyMax().intBytes();
        try (InputStream in = request.content().inputStream()) {
            byte[] body = in.readNBytes(max);
            if (in.read() >= 0) {
                throw new ApiError(
                        413,
                        "body_too_large",
                        "the body has more than " + settings.agentBodyMax() + " (--agent-body-max of the worker)");
            }
            return body;
        } catch (IOException e) {
            throw ApiError.bad("the body cannot be read: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
