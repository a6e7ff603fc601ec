package io.millrace.sandbox.engine.runtime;

import io.millrace.common.json.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request that is answered with an error. The shapes are SGLang's (http_server.py): what the HTTP layer refuses is a
 * flat error object, what the engine finds wrong with a well-formed request is nested under {@code error}.
 */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final Shape shape;

    private enum Shape {
        FLAT,
        NESTED
    }

    private Refusal(int status, Shape shape, String message) {
        super(message, null, false, false);
        this.status = status;
        this.shape = shape;
    }

    /** 400: not the JSON, the fields or the types that are understood. */
    public static Refusal malformed(String message) {
        return new Refusal(400, Shape.FLAT, message);
    }

    /** 400: understood, and impossible. */
    public static Refusal invalid(String message) {
        return new Refusal(400, Shape.NESTED, message);
    }

    /** 503: as many requests wait as may. */
    static Refusal queueFull() {
        return new Refusal(503, Shape.FLAT, "The request queue is full.");
    }

    /** 500: a bug of the engine. */
    public static Refusal internal(Throwable cause) {
        return new Refusal(500, Shape.FLAT, cause.toString());
    }

    /** What the HTTP server itself found wrong. */
    public static Refusal ofHttp(int status, @Nullable String message) {
        return new Refusal(status, Shape.FLAT, message == null ? "HTTP " + status : message);
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** The body. */
    public byte[] json() {
        ObjectNode error = Json.object();
        if (shape == Shape.NESTED) {
            error.putObject("error").put("message", getMessage());
        } else {
            error.put("object", "error")
                    .put("message", getMessage())
                    .put("type", status == 400 ? "Bad Request" : Integer.toString(status))
                    .putNull("param")
                    .put("code", status);
        }
        return Json.MAPPER.writeValueAsBytes(error);
    }
}
