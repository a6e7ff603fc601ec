package io.millrace.trainer.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.OpsServer;
import io.millrace.common.json.Json;
import io.millrace.trainer.api.Operation;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One request of an operation, which says what can be in it and how it can be answered. Used by one thread. */
final class Call {
    private static final String JSON = "application/json";

    private final Operation operation;
    private final ServerRequest request;
    private final ServerResponse response;
    private final Map<String, String> query;

    Call(Operation operation, ServerRequest request, ServerResponse response) {
        this.operation = operation;
        this.request = request;
        this.response = response;
        this.query = Bodies.query(request, operation.queryNames());
    }

    ServerRequest request() {
        return request;
    }

    ServerResponse response() {
        return response;
    }

    /** A part of the path. */
    String path(String name) {
        return request.path().pathParameters().get(name);
    }

    /** What stands behind the question mark; null when it is not given. */
    @Nullable
    String query(String name) {
        if (!operation.queryNames().contains(name)) {
            throw new IllegalStateException(operation.id() + " does not say that it takes " + name);
        }
        return query.get(name);
    }

    /** Reads the body of an operation that needs none. */
    void nothing() {
        Operation.Nothing _ = body(Operation.Nothing.class);
    }

    /** The body, checked. */
    <T extends Record> T body(Class<T> type) {
        if (operation.body() != type) {
            throw new IllegalStateException(operation.id() + " does not say that its body is a " + type);
        }
        return Bodies.read(request, type);
    }

    /** Answers with a record as JSON. */
    void send(Status status, Record view) {
        operation.check(status.code(), JSON, view.getClass());
        OpsServer.sendJson(response, status, Json.MAPPER.valueToTree(view));
    }

    /** Says of what type the 200 answer is that follows. */
    void contentType(String type, @Nullable Class<?> form) {
        operation.check(Status.OK_200.code(), type, form);
        response.header(HeaderNames.CONTENT_TYPE, Objects.requireNonNull(type));
    }
}
