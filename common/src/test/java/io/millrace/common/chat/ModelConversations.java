package io.millrace.common.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Conversations with the text and the ids that transformers made of them, or with its error. */
final class ModelConversations {
    private static final LocalDate TODAY = LocalDate.of(2026, 11, 30);

    private ModelConversations() {}

    static List<DynamicTest> tests(Path model, Path conversations) throws Exception {
        ModelTokenizer tokenizer = ModelTokenizer.of(model);
        List<DynamicTest> tests = new ArrayList<>();
        for (String line : Files.readAllLines(conversations)) {
            JsonNode each = Json.MAPPER.readTree(line);
            tests.add(DynamicTest.dynamicTest(
                    model.getFileName() + " " + each.path("name").asString(), () -> check(model, tokenizer, each)));
        }
        return tests;
    }

    private static void check(Path model, ModelTokenizer tokenizer, JsonNode expected) throws Exception {
        ModelChat chat = ModelChat.of(model, (ObjectNode) expected.path("arguments"), TODAY);
        List<ChatMessage> messages = new ArrayList<>();
        expected.path("messages").values().forEach(each -> messages.add(ChatMessage.of((ObjectNode) each)));
        @Nullable ArrayNode tools = expected.path("tools") instanceof ArrayNode some ? some : null;
        if (expected.has("error")) {
            assertThrows(
                    TemplateException.class,
                    () -> chat.render(messages, tools, Json.object()),
                    () -> expected.path("error").asString());
            return;
        }
        String text = chat.render(messages, tools, Json.object());
        assertEquals(expected.path("text").asString(), text);
        assertArrayEquals(Json.MAPPER.convertValue(expected.path("ids"), int[].class), tokenizer.ids(text));
    }
}
