package io.millrace.trainer.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.HttpException;
import io.millrace.common.json.Json;
import io.millrace.trainer.api.Operation;
import io.millrace.trainer.batch.BatchForm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.jsonFormatVisitors.JsonFormatVisitorWrapper;
import tools.jackson.databind.jsonFormatVisitors.JsonObjectFormatVisitor;

/** The document at {@code /openapi.json}, against what the routes really read and write. */
final class ApiDocumentTest {
    private static final Path FILE = Path.of("..", "docs", "openapi.json");

    private final JsonNode document = TrainerRoutes.document();

    /** Written anew with {@code -Dmillrace.docs.update=true}, so that a change of the API is seen as one. */
    @Test
    void theFileInTheDocumentationIsTheServersOwn() throws IOException {
        String text = Json.MAPPER
                        .rebuild()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(document)
                        .replace("\r\n", "\n")
                + "\n";
        if (Boolean.getBoolean("millrace.docs.update")) {
            Files.writeString(FILE, text);
        }
        assertEquals(Files.readString(FILE), text, "-Dmillrace.docs.update=true writes it");
    }

    static List<Operation> bodies() {
        return TrainerRoutes.OPERATIONS.stream()
                .filter(operation -> operation.body() != null && operation.body() != Operation.Nothing.class)
                .toList();
    }

    private JsonNode schema(Class<?> type) {
        JsonNode schema = document.path("components").path("schemas").path(type.getSimpleName());
        assertTrue(schema.isObject(), type::toString);
        return schema;
    }

    private static String refusal(Operation operation, String body) {
        HttpException refused = assertThrows(
                HttpException.class, () -> Bodies.read(body.getBytes(StandardCharsets.UTF_8), operation.body()), body);
        return String.valueOf(refused.getMessage());
    }

    /** What the reader knows is what the document says, key for key. */
    @ParameterizedTest
    @MethodSource("bodies")
    void aBodyHasTheKeysThatItsReaderKnows(Operation operation) {
        String refusal = refusal(operation, "{\"no such key\":1}");
        String known = refusal.substring(refusal.lastIndexOf('[') + 1, refusal.lastIndexOf(']'));
        assertEquals(new TreeSet<>(List.of(known.split(", "))), keys(schema(operation.body())), refusal);
        assertTrue(schema(operation.body()).path("additionalProperties").isBoolean());
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void whatABodyMustHaveIsRefusedWhereItIsAbsent(Operation operation) {
        List<String> required = new ArrayList<>();
        schema(operation.body()).path("required").forEach(name -> required.add(name.asString()));
        if (required.isEmpty()) {
            return;
        }
        String refusal = refusal(operation, "{}");
        assertTrue(refusal.startsWith(required.getFirst() + " must be given: "), refusal);
    }

    /** Every record that is answered is written under the names that its schema has. */
    @Test
    void anAnswerHasTheKeysThatItsWriterWrites() {
        List<Class<?>> answered = TrainerRoutes.OPERATIONS.stream()
                .flatMap(operation -> operation.answers().stream())
                .flatMap(answer -> answer.content().values().stream())
                .filter(type -> type != null && type != BatchForm.class)
                .distinct()
                .<Class<?>>map(type -> type)
                .toList();
        assertTrue(answered.size() > 8, answered::toString);
        for (Class<?> type : answered) {
            assertEquals(written(type), keys(schema(type)), type::toString);
        }
    }

    /** As the mapper itself says. */
    private static Set<String> written(Class<?> type) {
        Set<String> names = new TreeSet<>();
        Json.MAPPER.acceptJsonFormatVisitor(type, new JsonFormatVisitorWrapper.Base() {
            @Override
            public JsonObjectFormatVisitor expectObjectFormat(JavaType object) {
                return new JsonObjectFormatVisitor.Base(getContext()) {
                    @Override
                    public void property(BeanProperty property) {
                        names.add(property.getName());
                    }

                    @Override
                    public void optionalProperty(BeanProperty property) {
                        names.add(property.getName());
                    }
                };
            }
        });
        return names;
    }

    private static Set<String> keys(JsonNode schema) {
        return new TreeSet<>(schema.path("properties").propertyNames());
    }

    @Test
    void everyOperationSaysWhatItTakesAndHowItAnswers() {
        for (Operation operation : TrainerRoutes.OPERATIONS) {
            JsonNode node = document.path("paths").path(operation.path()).path(operation.method());
            assertEquals(operation.id(), node.path("operationId").asString());
            List<String> placed = new ArrayList<>();
            node.path("parameters").forEach(parameter -> {
                if (parameter.path("in").asString().equals("path")) {
                    placed.add("{" + parameter.path("name").asString() + "}");
                }
            });
            assertEquals(operation.path().split("\\{", -1).length - 1, placed.size(), () -> operation.path() + placed);
            assertTrue(placed.stream().allMatch(operation.path()::contains), () -> operation.path() + placed);
            assertTrue(node.path("responses").has("200"), operation.id());
        }
    }
}
