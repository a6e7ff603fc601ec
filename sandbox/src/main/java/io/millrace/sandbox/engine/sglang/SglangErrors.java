package io.millrace.sandbox.engine.sglang;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.runtime.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * SGLang's error shapes (http_server.py): what the HTTP layer refuses is a flat error object, what the engine finds wrong
 * with a well-formed request is nested under {@code error}.
 */
public final class SglangErrors {
    @JsonInclude(JsonInclude.Include.ALWAYS)
    private record Flat(
            String object,
            String message,
            String type,
            @Nullable String param,
            int code) {}

    private record Nested(Message error) {}

    private record Message(String message) {}

    private SglangErrors() {}

    /** The body of the answer. */
    public static byte[] json(Refusal refusal) {
        int status = refusal.status();
        return Json.MAPPER.writeValueAsBytes(
                refusal.reason() == Refusal.Cause.ENGINE
                        ? new Nested(new Message(refusal.message()))
                        : new Flat(
                                "error",
                                refusal.message(),
                                status == 400 ? "Bad Request" : Integer.toString(status),
                                null,
                                status));
    }
}
