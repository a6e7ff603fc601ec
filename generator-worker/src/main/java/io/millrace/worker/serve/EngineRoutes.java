package io.millrace.worker.serve;

import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsServer;
import io.millrace.common.json.Json;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.EngineSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/**
 * Engines that come and go while the worker runs: {@code POST /engines} and {@code DELETE /engines}, each with {@code
 * {"url": "http://host:port"}}, and {@code GET /engines}. Both say all engines there are then, and are idempotent. Thread-safe.
 */
public final class EngineRoutes {
    private static final Logger log = LoggerFactory.getLogger(EngineRoutes.class);
    private static final String PATH = "/engines";
    private static final String URL = "url";
    private static final int BODY_BYTES_MAX = 64 << 10;

    /** More than a worker has slots for. */
    static final int ENGINES_MAX = 1024;

    private static final ObjectReader STRICT = Json.MAPPER
            .reader()
            .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final Supplier<@Nullable EnginePool> engines;

    /** @param engines null until the worker has them */
    public EngineRoutes(Supplier<@Nullable EnginePool> engines) {
        this.engines = engines;
    }

    public void addTo(HttpRouting.Builder routing) {
        routing.get(PATH, (request, response) -> answer(response, () -> {}))
                .post(PATH, (request, response) -> answer(response, () -> add(pool(), url(request))))
                .delete(PATH, (request, response) -> answer(response, () -> takeOff(pool(), url(request))));
    }

    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient Status status;

        Refused(Status status, String message) {
            super(message);
            this.status = status;
        }
    }

    private void answer(ServerResponse response, Runnable change) {
        try {
            change.run();
            List<EngineStatus> statuses = pool().statuses();
            ObjectNode body = Json.object();
            body.set("engines", Json.MAPPER.valueToTree(statuses));
            OpsServer.sendJson(response, Status.OK_200, body);
        } catch (Refused e) {
            OpsServer.sendJson(response, e.status, Json.object().put("error", e.getMessage()));
        }
    }

    private EnginePool pool() {
        EnginePool pool = engines.get();
        if (pool == null) {
            throw new Refused(Status.SERVICE_UNAVAILABLE_503, "the worker waits for its topics");
        }
        return pool;
    }

    private static void add(EnginePool pool, String address) {
        if (pool.statuses().size() >= ENGINES_MAX) {
            throw new Refused(Status.CONFLICT_409, "a worker has at most " + ENGINES_MAX + " engines");
        }
        if (pool.add(address)) {
            log.info("engine {} is added", address);
        }
    }

    private static void takeOff(EnginePool pool, String address) {
        if (!pool.takeOff(address)) {
            throw new Refused(
                    Status.NOT_FOUND_404, "no engine " + shown(address) + "; GET /engines says which there are");
        }
        log.info("engine {} is taken off; what it has under way goes on elsewhere", address);
    }

    private static String url(ServerRequest request) {
        JsonNode body;
        try {
            body = STRICT.readTree(bytes(request));
        } catch (JacksonException e) {
            throw bad("the body is no JSON, or has a key twice: " + shown(e.getOriginalMessage()));
        }
        if (!body.isObject() || body.size() != 1 || !body.path(URL).isString()) {
            throw bad("the body must be {\"url\": \"http://host:port\"}");
        }
        try {
            return EngineSettings.address(body.path(URL).stringValue());
        } catch (SettingException e) {
            throw bad("url must be http(s)://host:port, was "
                    + shown(body.path(URL).stringValue()));
        }
    }

    private static byte[] bytes(ServerRequest request) {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try (InputStream in = request.content().inputStream()) {
            byte[] body = in.readNBytes(BODY_BYTES_MAX + 1);
            if (body.length > BODY_BYTES_MAX) {
                throw new Refused(
                        Status.REQUEST_ENTITY_TOO_LARGE_413, "the body is larger than " + BODY_BYTES_MAX + " bytes");
            }
            return body;
        } catch (IOException | UncheckedIOException e) {
            throw bad("the body cannot be read: " + shown(String.valueOf(e.getMessage())));
        }
    }

    private static Refused bad(String message) {
        return new Refused(Status.BAD_REQUEST_400, message);
    }

    private static String shown(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + " ...";
    }
}
