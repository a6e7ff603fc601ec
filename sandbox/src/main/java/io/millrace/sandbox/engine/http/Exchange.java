package io.millrace.sandbox.engine.http;

import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.runtime.Faults;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/** Reading a request and answering it, as every dialect does. Stateless. */
public final class Exchange {
    /** Takes no text for a number, no number for a text. */
    public static final JsonMapper MAPPER = Json.MAPPER
            .rebuild()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .withCoercionConfig(LogicalType.Textual, config -> {
                for (CoercionInputShape shape : CoercionInputShape.values()) {
                    config.setCoercion(shape, CoercionAction.Fail);
                }
            })
            .build();

    private Exchange() {}

    /** The request's body; empty without one. */
    public static byte[] body(ServerRequest request) {
        return request.content().hasEntity() ? request.content().as(byte[].class) : new byte[0];
    }

    /**
     * The request's body as a tree; an object.
     *
     * @throws Refusal when it is none
     */
    public static JsonNode tree(ServerRequest request) {
        JsonNode tree;
        try {
            tree = Json.MAPPER.readTree(body(request));
        } catch (JacksonException e) {
            throw Refusal.malformed("body is not valid JSON: " + e.getOriginalMessage());
        }
        if (!tree.isObject()) {
            throw Refusal.malformed("body must be a JSON object");
        }
        return tree;
    }

    /** Where in the body something is wrong. */
    public static String place(JacksonException e, String separator) {
        return e.getPath().stream()
                .map(at -> at.getPropertyName() == null ? "[" + at.getIndex() + "]" : at.getPropertyName())
                .collect(Collectors.joining(separator));
    }

    /** Who asks, for the ledger. */
    public static String remote(ServerRequest request) {
        return request.remotePeer().host() + ":" + request.remotePeer().port();
    }

    /** Sends a tree or a record with status 200. */
    public static void send(ServerResponse response, Object answer) {
        sendJson(response, Json.MAPPER.writeValueAsBytes(answer));
    }

    /** Sends JSON with status 200. */
    public static void sendJson(ServerResponse response, byte[] json) {
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(json);
    }

    /** Whether the next planned fault was this request's, which then needs no other answer. */
    public static boolean suffered(Faults faults, ServerResponse response) {
        Faults.Kind fault = faults.next();
        if (fault == null) {
            return false;
        }
        switch (fault) {
            case ERROR -> throw Refusal.internal(new IllegalStateException("a planned fault"));
            case GARBAGE -> response.header(HeaderValues.CONTENT_TYPE_JSON).send("{\"text\": \"cut");
            case HANG -> {
                try {
                    faults.hang();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw Refusal.internal(new IllegalStateException("the engine stops"));
            }
        }
        return true;
    }
}
