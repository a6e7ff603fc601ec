package io.millrace.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.json.Json;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.row.PromptRow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Every example of docs/DATASETS.md: its rows, read with its flags, come to what it says. */
class DataSetsDocTest {
    private static final Path PAGE = Path.of("../docs/DATASETS.md");
    /** The model of the examples. */
    private static final Path MODEL = Path.of("../common/src/test/resources/chat/model");

    private static final Pattern EXAMPLE = Pattern.compile(
            "`([a-z0-9.-]+)`:\n```json\n(.*?)```\n```\n(--dataset .*?)\n```\nWhat becomes of it:\n```json\n(.*?)```",
            Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");
    private static final int EXAMPLES_MIN = 6;

    @TempDir
    Path folder;

    @TestFactory
    List<DynamicTest> examples() throws Exception {
        Matcher example = EXAMPLE.matcher(Files.readString(PAGE));
        List<DynamicTest> tests = new ArrayList<>();
        while (example.find()) {
            String file = example.group(1);
            String rows = example.group(2);
            String flags = example.group(3);
            List<String> expected = example.group(4).lines().toList();
            tests.add(DynamicTest.dynamicTest(file, () -> {
                Files.writeString(folder.resolve(file), rows);
                assertEquals(expected.stream().map(Json.MAPPER::readTree).toList(), read(flags(flags)), "of " + flags);
            }));
        }
        assertTrue(tests.size() >= EXAMPLES_MIN, "the page has " + tests.size() + " examples");
        return tests;
    }

    private List<JsonNode> read(Map<String, String> flags) {
        flags.put("run", "doc");
        flags.put("bad-rows-max-share", "0");
        flags.compute("dataset", (_, file) -> folder.resolve(file + "").toString());
        flags.computeIfPresent("hf-checkpoint", (_, model) -> MODEL.toString());
        DataSet dataSet = ProducerWiring.plan(SettingsBinder.of(ProducerSettings.class, flags))
                .dataSet();
        List<JsonNode> made = new ArrayList<>();
        for (int i = 0; i < dataSet.size(); i++) {
            PromptRow row = dataSet.row(i);
            ObjectNode one = Json.object();
            one.set("prompt", Json.MAPPER.valueToTree(row.prompt()));
            one.put("label", row.label());
            one.set("metadata", row.metadata());
            made.add(one);
        }
        return made;
    }

    private static Map<String, String> flags(String line) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(line);
        while (word.find()) {
            words.add(word.group(1) == null ? word.group(2) : word.group(1));
        }
        Map<String, String> flags = new HashMap<>();
        for (int i = 0; i < words.size(); i += 2) {
            flags.put(words.get(i).substring("--".length()), words.get(i + 1));
        }
        return flags;
    }
}
