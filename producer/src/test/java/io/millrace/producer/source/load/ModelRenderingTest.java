package io.millrace.producer.source.load;

import static io.millrace.producer.source.load.DataSetFiles.LENIENT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.chat.ModelChat;
import io.millrace.common.chat.ModelTokenizer;
import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.chat.ModelRendering;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class ModelRenderingTest {
    private static final Path MODEL = Path.of("../common/src/test/resources/chat/model");

    @TempDir
    Path folder;

    private DataSet load(ObjectNode arguments, RowLimits limits, String... rows) throws Exception {
        return load(MODEL, arguments, limits, rows);
    }

    private DataSet load(Path model, ObjectNode arguments, RowLimits limits, String... rows) throws Exception {
        ModelRendering rendering = new ModelRendering(ModelChat.of(model, arguments, null), ModelTokenizer.of(MODEL));
        return DataSetLoader.load(
                DataSetFiles.write(folder.resolve("a.jsonl"), String.join("\n", rows) + "\n"),
                new RowShape(RowForm.AUTO, ColumnNames.DEFAULTS, rendering, null),
                limits,
                RowCheck.NONE);
    }

    private Prompt.Messages prompt(String row) throws Exception {
        return (Prompt.Messages) load(Json.object(), LENIENT, row).row(0).prompt();
    }

    @Test
    void aPromptHasTheTemplatesTextAndTheTokenizersIds() throws Exception {
        Prompt.Messages prompt = prompt("{\"prompt\": [{\"role\": \"user\", \"content\": \"1+1?\"}]}");
        assertEquals("<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n", prompt.rendered());
        assertArrayEquals(ModelTokenizer.of(MODEL).ids(prompt.rendered()), prompt.ids());
    }

    @Test
    void aTextIsWhatAUserSays() throws Exception {
        assertEquals(
                prompt("{\"prompt\": [{\"role\": \"user\", \"content\": \"1+1?\"}]}"),
                prompt("{\"prompt\": \"1+1?\"}"));
    }

    @Test
    void toolsAreShown() throws Exception {
        String row = "{\"messages\": [{\"role\": \"user\", \"content\": \"1+1?\"}], \"tools\": [{\"name\": \"add\"}]}";
        assertTrue(prompt(row).rendered().startsWith("<|im_start|>tools\n[{\"name\": \"add\"}]<|im_end|>\n"));
    }

    /** Through the form that is kept, and through the topic. */
    @Test
    void allOfAMessageIsKept() throws Exception {
        String call =
                "{\"content\": null, \"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\"}}]}";
        Path model = folder.resolve("model");
        Files.createDirectories(model);
        Files.writeString(
                model.resolve("tokenizer_config.json"),
                "{\"chat_template\": \"{% for m in messages %}{{ m.content }}{{ m.tool_calls }}{{ m.name }}{% endfor %}\"}");
        Prompt.Messages prompt = (Prompt.Messages) load(
                        model,
                        Json.object(),
                        LENIENT,
                        "{\"prompt\": [" + call + ", {\"role\": \"tool\", \"name\": \"f\", \"content\": \"x\"}]}")
                .row(0)
                .prompt();
        assertEquals("None[{'function': {'name': 'f'}}]xf", prompt.rendered());
        assertEquals(prompt, Json.MAPPER.readValue(Json.MAPPER.writeValueAsString(prompt), Prompt.class));
        assertEquals(Json.MAPPER.readTree(call), prompt.messages().getFirst().json());
    }

    @Test
    void argumentsChangeThePromptAndWithItTheFingerprint() throws Exception {
        String row = "{\"prompt\": \"1+1?\", \"label\": \"2\"}";
        DataSet plain = load(Json.object(), LENIENT, row);
        DataSet without = load(Json.object().put("enable_thinking", false), LENIENT, row);
        assertTrue(without.row(0).prompt().asText().endsWith("<think>\n\n</think>\n\n"));
        assertNotEquals(plain.fingerprint(), without.fingerprint());
    }

    @Test
    void aRowsOwnArgumentsGoOverTheRuns() throws Exception {
        String row =
                "{\"prompt\": \"1+1?\", \"solution\": \"2\", \"chat_template_kwargs\": {\"enable_thinking\": false}}";
        assertTrue(prompt(row).rendered().endsWith("</think>\n\n"));
    }

    @Test
    void aPromptOfTooManyTokensIsABadRow() throws Exception {
        DataSet dataSet = load(
                Json.object(),
                new RowLimits(1000, 30, 1, 4096),
                "{\"prompt\": \"1\"}",
                "{\"prompt\": \"" + "qzx ".repeat(40) + "\"}");
        assertEquals(1, dataSet.size());
        String bad = dataSet.report().firstBad().getFirst().toString();
        assertTrue(bad.matches("line 2: the prompt has \\d+ tokens, the limit is 30"), bad);
    }

    @Test
    void aConversationThatTheTemplateRefusesIsABadRowWithWhatItSays() throws Exception {
        Path model = folder.resolve("model");
        Files.createDirectories(model);
        Files.writeString(
                model.resolve("tokenizer_config.json"),
                "{\"chat_template\": \"{% if messages[0].role != 'user' %}{{ raise_exception('users begin') }}{% endif %}x\"}");
        DataSet dataSet = load(
                model,
                Json.object(),
                LENIENT,
                "{\"prompt\": \"1\"}",
                "{\"prompt\": [{\"role\": \"system\", \"content\": \"a\"}]}",
                "{\"prompt\": [{\"role\": \"user\"}]}");
        assertEquals(
                Map.of(BadRowReason.WRONG_SHAPE, 1L, BadRowReason.TEMPLATE, 1L),
                dataSet.report().badByReason());
        assertEquals(
                "line 2: the chat template does not take it: the template says: users begin",
                dataSet.report().firstBad().getFirst().toString());
    }

    @Test
    void aTaskWithIdsSurvivesTheTopic() throws Exception {
        Prompt prompt = prompt("{\"prompt\": \"1+1?\"}");
        assertEquals(prompt, Json.MAPPER.readValue(Json.MAPPER.writeValueAsBytes(prompt), Prompt.class));
    }
}
