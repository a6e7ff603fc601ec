package io.millrace.sandbox.engine.runtime;

import org.jspecify.annotations.Nullable;

/** A request that is answered with an error; each dialect words it in a shape of its own. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final Cause reason;
    private final @Nullable String param;

    /** Who found what wrong. */
    public enum Cause {
        /** The HTTP server: no such path, another method. */
        HTTP,
        /** The HTTP layer: not the JSON, the fields or the types that are understood; or a limit of the server. */
        REQUEST,
        /** The engine: understood, and impossible. */
        ENGINE
    }

    /** @param param the field that is meant; null for none */
    public Refusal(int status, Cause reason, String message, @Nullable String param) {
        super(message, null, false, false);
        this.status = status;
        this.reason = reason;
        this.param = param;
    }

    /** 400: not the JSON, the fields or the types that are understood. */
    public static Refusal malformed(String message) {
        return new Refusal(400, Cause.REQUEST, message, null);
    }

    /** 400: understood, and impossible. */
    public static Refusal invalid(String message) {
        return new Refusal(400, Cause.ENGINE, message, null);
    }

    /** 503: as many requests wait as may. */
    static Refusal queueFull() {
        return new Refusal(503, Cause.REQUEST, "The request queue is full.", null);
    }

    /** 500: a bug of the engine. */
    public static Refusal internal(Throwable cause) {
        return new Refusal(500, Cause.REQUEST, cause.toString(), null);
    }

    /** What the HTTP server itself found wrong. */
    public static Refusal ofHttp(int status, @Nullable String message) {
        return new Refusal(status, Cause.HTTP, message == null ? "HTTP " + status : message, null);
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    public Cause reason() {
        return reason;
    }

    /** The field that is meant; null for none. */
    public @Nullable String param() {
        return param;
    }

    public String message() {
        return String.valueOf(getMessage());
    }
}
