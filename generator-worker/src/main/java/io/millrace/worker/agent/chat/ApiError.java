package io.millrace.worker.agent.chat;

import io.millrace.common.json.Json;
import tools.jackson.databind.node.ObjectNode;

/** A request of an agent's that is refused, in OpenAI's form. Expected, so it carries no stack trace. */
public final class ApiError extends Exception {
    private final int status;
    private final String code;

    /** @param code a stable word */
    public ApiError(int status, String code, String message) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
    }

    /** A request that can never succeed. */
    public static ApiError bad(String message) {
        return new ApiError(400, "invalid_request", message);
    }

    /** Of the HTTP answer. */
    public int status() {
        return status;
    }

    /** {@code {"error": {"message", "type", "param", "code"}}}. */
    public ObjectNode json() {
        ObjectNode json = Json.object();
        json.putObject("error")
                .put("message", String.valueOf(getMessage()))
                .put("type", status < 500 ? "invalid_request_error" : "server_error")
                .putNull("param")
                .put("code", code);
        return json;
    }
}
