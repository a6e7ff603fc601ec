package io.millrace.sandbox.engine.vllm;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.runtime.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's two error shapes: its own, {@code {"error": {"message", "type", "param", "code"}}}, and its web framework's,
 * {@code {"detail": "Not Found"}}, for a path that is unknown or has another method.
 */
public final class VllmErrors {
    private record Envelope(Told error) {}

    @JsonInclude(JsonInclude.Include.ALWAYS)
    private record Told(
            String message, String type, @Nullable String param, int code) {}

    private record Detail(String detail) {}

    private VllmErrors() {}

    /** The body of the answer. */
    public static byte[] json(Refusal refusal) {
        return Json.MAPPER.writeValueAsBytes(
                refusal.reason() == Refusal.Cause.HTTP
                        ? new Detail(detail(refusal))
                        : new Envelope(new Told(refusal.message(), type(refusal), refusal.param(), refusal.status())));
    }

    private static String detail(Refusal refusal) {
        return switch (refusal.status()) {
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            default -> refusal.message();
        };
    }

    private static String type(Refusal refusal) {
        return switch (refusal.status()) {
            case 403 -> "PermissionDeniedError";
            case 404 -> "NotFoundError";
            case 500 -> "InternalServerError";
            // What pydantic refuses has another type than what vLLM does.
            default -> refusal.reason() == Refusal.Cause.REQUEST ? "Bad Request" : "BadRequestError";
        };
    }

    /** 400 of the engine, which names the parameter in its text too. */
    static Refusal parameter(String message, String name, Object value) {
        return new Refusal(400, Refusal.Cause.ENGINE, message + " (parameter=" + name + ", value=" + value + ")", name);
    }

    /** 400 of pydantic's. */
    static Refusal field(String type, String place, String message, String input) {
        String where = "body" + (place.isEmpty() ? "" : "." + place);
        return new Refusal(
                400,
                Refusal.Cause.REQUEST,
                "1 validation error:\n  {'type': '" + type + "', 'loc': '" + where + "', 'msg': '" + message
                        + "', 'input': '" + input + "'}",
                where);
    }

    static Refusal missing(String name) {
        return field("missing", name, "Field required", "None");
    }

    /** 403: started without {@code --enable-scale-out}. */
    static Refusal closed() {
        return new Refusal(
                403,
                Refusal.Cause.ENGINE,
                "Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.",
                null);
    }

    static Refusal noModel(String asked, String served) {
        return new Refusal(
                404,
                Refusal.Cause.ENGINE,
                "The model `" + asked + "` does not exist. Valid aliases: " + served + ".",
                "model");
    }
}
