package io.millrace.trainer.api;

import io.millrace.common.json.Json;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The OpenAPI 3.1 document of operations. Stateless. */
public final class ApiDocument {
    /** Where it is served. */
    public static final String PATH = "/openapi.json";

    private static final String BEARER = "bearer";
    private static final String BASIC = "basic";

    private ApiDocument() {}

    public static ObjectNode of(Collection<Operation> operations) {
        ObjectNode document = Json.object().put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", "Millrace trainer consumer")
                .put("version", "1")
                .put(
                        "description",
                        "A run's finished groups, step by step, for its trainer. Every call may be repeated: each is"
                                + " idempotent by its step, token or id. Unknown keys and parameters are refused; answers"
                                + " may get further keys.");
        document.putArray("servers").addObject().put("url", "/");
        ObjectNode paths = document.putObject("paths");
        Schemas schemas = new Schemas();
        for (Operation operation : operations) {
            paths.withObject(pointer(operation.path())).set(operation.method(), operation(operation, schemas));
        }
        ObjectNode components = document.putObject("components");
        ObjectNode records = components.putObject("schemas");
        schemas.components().forEach(records::set);
        ObjectNode locks = components.putObject("securitySchemes");
        locks.putObject(BEARER)
                .put("type", "http")
                .put("scheme", "bearer")
                .put("description", "A token of --api-token-file, or of --read-token-file for what only reads.");
        locks.putObject(BASIC)
                .put("type", "http")
                .put("scheme", "basic")
                .put("description", "For browsers: any name, and such a token as the password. It only reads.");
        return document;
    }

    /** Of one key, whatever stands in it. */
    private static String pointer(String key) {
        return "/" + key.replace("~", "~0").replace("/", "~1");
    }

    private static ObjectNode operation(Operation operation, Schemas schemas) {
        ObjectNode node = Json.object().put("operationId", operation.id()).put("summary", operation.summary());
        if (!operation.parameters().isEmpty()) {
            ArrayNode parameters = node.putArray("parameters");
            operation.parameters().forEach(parameter -> {
                ObjectNode one = parameters
                        .addObject()
                        .put("name", parameter.name())
                        .put("in", parameter.in().name().toLowerCase(Locale.ROOT))
                        .put("required", parameter.required())
                        .put("description", parameter.description());
                one.set("schema", parameter.schema());
            });
        }
        if (operation.body() != null) {
            ObjectNode reference = schemas.reference(operation.body(), true);
            // Where nothing must be said an empty object is sent, for its content type.
            ObjectNode body = node.putObject("requestBody").put("required", true);
            body.putObject("content").putObject(Answer.JSON).set("schema", reference);
        }
        // The last says that a server without tokens asks for none.
        ArrayNode security = node.putArray("security");
        security.addObject().putArray(BEARER);
        if (operation.method().equals("get")) {
            security.addObject().putArray(BASIC);
        }
        security.addObject();
        ObjectNode responses = node.putObject("responses");
        operation.answers().stream()
                .sorted(Comparator.comparingInt(Answer::status))
                .forEach(answer -> {
                    ObjectNode response = responses
                            .putObject(Integer.toString(answer.status()))
                            .put("description", answer.description());
                    ObjectNode content = response.putObject("content");
                    answer.content().keySet().stream().sorted().forEach(type -> {
                        ObjectNode one = content.putObject(type);
                        Class<?> record = answer.content().get(type);
                        if (record != null) {
                            one.set("schema", schemas.reference(record, false));
                        }
                    });
                });
        return node;
    }
}
