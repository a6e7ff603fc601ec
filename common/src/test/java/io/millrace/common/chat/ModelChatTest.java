package io.millrace.common.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;

/** A model's folder, and what transformers makes of it. */
class ModelChatTest {
    private static final Path MODEL = Path.of("src/test/resources/chat/model");
    private static final List<ChatMessage> HELLO = List.of(new ChatMessage("user", "hello"));

    @TempDir
    Path folder;

    @TestFactory
    List<DynamicTest> conversationsComeToTheTextAndTheIdsOfTransformers() throws Exception {
        return ModelConversations.tests(MODEL, Path.of("src/test/resources/chat/conversations.jsonl"));
    }

    private ModelChat chat(String config) throws Exception {
        Files.writeString(folder.resolve("tokenizer_config.json"), config);
        return ModelChat.of(folder, Json.object(), null);
    }

    private static String rendered(ModelChat chat) {
        return chat.render(HELLO, null, Json.object());
    }

    @Test
    void theTemplateOfTheConfigurationIsTakenWhereThereIsNoFile() throws Exception {
        assertEquals("hello", rendered(chat("{\"chat_template\": \"{{ messages[0].content }}\"}")));
        Files.writeString(folder.resolve("chat_template.jinja"), "own {{ messages[0].content }}\n");
        assertEquals("own hello", rendered(chat("{\"chat_template\": \"other\"}")));
    }

    @Test
    void ofSeveralTemplatesThatForToolsIsTakenWhereThereAreTools() throws Exception {
        ModelChat chat = chat("{\"chat_template\": [{\"name\": \"default\", \"template\": \"plain\"},"
                + " {\"name\": \"tool_use\", \"template\": \"{{ tools | length }} tools\"},"
                + " {\"name\": \"rag\", \"template\": \"{% nothing %}\"}]}");
        assertEquals("plain", rendered(chat));
        ArrayNode tools = Json.MAPPER.createArrayNode().add(Json.object());
        assertEquals("1 tools", chat.render(HELLO, tools, Json.object()));
    }

    @Test
    void specialTokensAreThoseOfTheModel() throws Exception {
        Files.writeString(
                folder.resolve("special_tokens_map.json"), "{\"pad_token\": \"<p>\", \"bos_token\": \"<other>\"}");
        assertEquals(
                "<b><e><p>|",
                rendered(chat("{\"bos_token\": \"<b>\", \"eos_token\": {\"content\": \"<e>\"}, \"unk_token\": null,"
                        + " \"chat_template\": \"{{ bos_token }}{{ eos_token }}{{ pad_token }}|{{ unk_token }}\"}")));
    }

    @Test
    void argumentsAreOfTheModelAndOverThemOfTheConversation() throws Exception {
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"{{ a }}{{ b }}\"}");
        ModelChat chat = ModelChat.of(folder, Json.object().put("a", 1).put("b", 2), null);
        assertEquals("12", rendered(chat));
        assertEquals("13", chat.render(HELLO, null, Json.object().put("b", 3)));
    }

    @Test
    void aFolderWithoutWhatIsNeededIsRefusedNamingIt() throws Exception {
        refused("tokenizer_config.json cannot be read", () -> ModelChat.of(folder, Json.object(), null));
        refused(
                "no chat template: neither chat_template.jinja nor 'chat_template' in tokenizer_config.json",
                () -> chat("{}"));
        refused("tokenizer_config.json is no JSON", () -> chat("{"));
        refused(
                "tokenizer_config.json is a chat template that cannot be rendered: line 1 of the template: the filter 'title'",
                () -> chat("{\"chat_template\": \"{{ a | title }}\"}"));
        refused("has no tokenizer.json", () -> ModelTokenizer.of(folder));
        Files.writeString(folder.resolve("tokenizer.json"), "{\"version\": \"1.0\", \"model\": {}}");
        refused("tokenizer.json cannot be used as a tokenizer", () -> ModelTokenizer.of(folder));
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable action) {
        String message = assertThrows(ModelFolderException.class, action).getMessage();
        assertTrue(message.contains(part), message);
    }
}
