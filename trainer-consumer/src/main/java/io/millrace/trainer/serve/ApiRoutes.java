package io.millrace.trainer.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.common.json.Json;
import io.millrace.trainer.api.ApiDocument;
import io.millrace.trainer.api.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Makes routes of operations, and the document of the same. Used by one thread, before the server starts. */
final class ApiRoutes {
    /** Answers one operation. */
    @FunctionalInterface
    interface Handler {
        void handle(Call call) throws Exception;
    }

    private final HttpRouting.Builder routing;
    private final List<Operation> operations = new ArrayList<>();

    ApiRoutes(HttpRouting.Builder routing) {
        this.routing = routing;
    }

    ApiRoutes add(Operation operation, Handler handler) {
        operations.add(operation);
        routing.route(
                Method.create(operation.method().toUpperCase(Locale.ROOT)),
                operation.path(),
                (request, response) -> handler.handle(new Call(operation, request, response)));
        return this;
    }

    /**
     * Adds the document, and an answer to what has no operation; nothing can be added after it.
     *
     * @throws IllegalStateException when it is of other operations than were added
     */
    void end(List<Operation> documented) {
        if (!documented.equals(operations)) {
            throw new IllegalStateException("documented are " + documented + ", there are " + operations);
        }
        byte[] document = Json.MAPPER.writeValueAsBytes(ApiDocument.of(documented));
        routing.get(ApiDocument.PATH, (request, response) -> {
            response.header(HeaderNames.CONTENT_TYPE, "application/json");
            response.send(document);
        });
        operations.stream().map(Operation::path).distinct().forEach(path -> {
            String allowed = operations.stream()
                    .filter(operation -> operation.path().equals(path))
                    .map(operation -> operation.method().toUpperCase(Locale.ROOT))
                    .collect(Collectors.joining(", "));
            routing.any(path, (request, response) -> {
                response.header(HeaderNames.ALLOW, allowed);
                TrainerRoutes.error(
                        response,
                        Status.METHOD_NOT_ALLOWED_405,
                        request.path().path() + " takes " + allowed + ", not "
                                + request.prologue().method().text());
            });
        });
        routing.any((request, response) -> TrainerRoutes.error(
                response,
                Status.NOT_FOUND_404,
                "no " + request.prologue().method().text() + " "
                        + request.path().path() + " here"));
    }
}
