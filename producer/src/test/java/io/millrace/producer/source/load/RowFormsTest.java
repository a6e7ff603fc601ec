package io.millrace.producer.source.load;

import static io.millrace.producer.source.load.DataSetFiles.LENIENT;
import static io.millrace.producer.source.load.DataSetFiles.STRICT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.row.PromptRow;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows as the trainers' own data sets have them. */
class RowFormsTest {
    private static final String SLIME = "{\"prompt\": \"1+1?\", \"label\": \"2\"}";
    private static final String VERL = "{\"data_source\": \"openai/gsm8k\","
            + " \"prompt\": [{\"role\": \"user\", \"content\": \"1+1?\"}], \"ability\": \"math\","
            + " \"reward_model\": {\"style\": \"rule\", \"ground_truth\": \"2\"},"
            + " \"extra_info\": {\"split\": \"train\", \"index\": 0}}";
    private static final String TRL =
            "{\"prompt\": [{\"role\": \"user\", \"content\": \"1+1?\"}], \"solution\": \"$2$\", \"level\": 3}";
    private static final String OPENAI = "{\"messages\": [{\"role\": \"user\", \"content\": \"1+1?\"},"
            + " {\"role\": \"assistant\", \"content\": \"It is 2\"}]}";

    @TempDir
    Path folder;

    private DataSet load(RowForm form, RowLimits limits, String... rows) throws Exception {
        return load(form, ColumnNames.DEFAULTS, limits, rows);
    }

    private DataSet load(RowForm form, ColumnNames names, RowLimits limits, String... rows) throws Exception {
        return DataSetLoader.load(
                DataSetFiles.write(folder.resolve("rows.jsonl"), String.join("\n", rows) + "\n"),
                new RowShape(form, names, ChatTemplate.PLAIN, null),
                limits,
                RowCheck.NONE);
    }

    private PromptRow one(String row) throws Exception {
        return load(RowForm.AUTO, STRICT, row).row(0);
    }

    private String refused(RowForm form, String... rows) {
        return assertThrows(DataSetException.class, () -> load(form, STRICT, rows))
                .getMessage();
    }

    @Test
    void theFirstRowTellsTheShape() throws Exception {
        for (var each : Map.of(RowForm.SLIME, SLIME, RowForm.VERL, VERL, RowForm.TRL, TRL, RowForm.OPENAI, OPENAI)
                .entrySet()) {
            DataSet dataSet = load(RowForm.AUTO, STRICT, each.getValue());
            assertEquals(each.getKey(), dataSet.form());
            assertEquals("1+1?", dataSet.row(0).prompt().asText(), each.getKey().toString());
        }
    }

    @Test
    void ofVerlTheGroundTruthIsTheLabelAndTheRestIsMetadata() throws Exception {
        PromptRow row = one(VERL);
        assertEquals("2", row.label());
        assertEquals(
                Json.MAPPER.readTree("{\"data_source\": \"openai/gsm8k\", \"ability\": \"math\","
                        + " \"reward_model\": {\"style\": \"rule\", \"ground_truth\": \"2\"},"
                        + " \"extra_info\": {\"split\": \"train\", \"index\": 0}}"),
                row.metadata());
        assertEquals("2", one(VERL.replace("\"2\"", "2")).label());
    }

    @Test
    void ofTrlTheSolutionIsTheLabelAndRewardFunctionsGetTheRest() throws Exception {
        PromptRow row = one(TRL);
        assertEquals("$2$", row.label());
        assertEquals(Json.object().put("level", 3), row.metadata());
        assertEquals(
                "1+1?", one(TRL.replace("\"prompt\"", "\"messages\"")).prompt().asText());
        assertEquals(
                "1+1?",
                one("{\"prompt\": \"1+1?\", \"solution\": \"2\"}").prompt().asText());
    }

    @Test
    void ofOpenAiTheAnswerAtTheEndIsTheReferenceAndNoPartOfThePrompt() throws Exception {
        PromptRow row = one(OPENAI);
        assertEquals("It is 2", row.label());
        assertEquals("1+1?", row.prompt().asText());
        assertEquals(
                "7",
                one(OPENAI.replace("{\"messages\"", "{\"reference_answer\": 7, \"messages\""))
                        .label());
        assertEquals("7", one(OPENAI.replace("]}", "], \"label\": 7}")).label());
    }

    @Test
    void toolsGoWithTheRow() throws Exception {
        String tools = "[{\"type\": \"function\", \"function\": {\"name\": \"add\"}}]";
        String row = "{\"prompt\": \"1+1?\", \"label\": \"2\", \"tools\": " + tools + "}";
        assertEquals(Json.MAPPER.readTree(tools), one(row).tools());
        String asText =
                "{\"prompt\": \"1+1?\", \"label\": \"2\", \"tools\": " + Json.MAPPER.writeValueAsString(tools) + "}";
        assertEquals(Json.MAPPER.readTree(tools), one(asText).tools());
        assertEquals(
                null,
                one("{\"prompt\": \"1+1?\", \"label\": \"2\", \"tools\": []}").tools());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "verl | {\"prompt\": \"a\"} | no 'reward_model' in a row of shape verl, found: prompt",
                "verl | {\"prompt\": \"a\", \"reward_model\": 5} | 'reward_model' must be an object with 'ground_truth'",
                "verl | {\"prompt\": \"a\", \"reward_model\": {\"ground_truth\": {}}} | 'reward_model.ground_truth' must be a text",
                "verl | {\"label\": \"a\"} | no 'prompt' in a row of shape verl, found: label",
                "trl | {\"question\": 5, \"solution\": \"a\"} | no 'prompt' nor 'messages' in a row of shape trl, found: question, solution",
                "trl | {\"prompt\": \"a\", \"images\": [\"x\"]} | 'images' is no text and would be lost",
                "openai | {\"prompt\": \"a\"} | no 'messages' in a row of shape openai, found: prompt",
                "openai | {\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]} | 'messages' is empty",
                "openai | {\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": [{}]} | --chat-template plain has none",
                "openai | {\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": 5} | 'tools' must be a list of objects",
                "openai | {\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": \"[\"} | 'tools' is a text that is no JSON",
                "slime | {\"messages\": []} | no 'prompt' in a row of shape slime, found: messages",
                "auto | {\"question\": \"a\", \"answer\": \"b\"} | the row has the columns question, answer and none of the shapes that are known: slime has the column of --input-key; verl has",
            })
    void aRowOfAnotherShapeIsRefusedWithWhatWasFoundAndWhatWasExpected(String form, String row, String cause) {
        String message = refused(RowForm.valueOf(form.toUpperCase(java.util.Locale.ROOT)), row);
        assertTrue(message.contains("rows.jsonl: 1 of 1 rows are bad"), message);
        assertTrue(message.contains("line 1: " + cause) || message.contains(cause), message);
    }

    /** A file of two shapes is a mistake of whoever made it. */
    @Test
    void oneFileHasOneShape() throws Exception {
        DataSet dataSet = load(RowForm.AUTO, LENIENT, VERL, SLIME, OPENAI, VERL);
        assertEquals(2, dataSet.size());
        assertEquals(
                List.of(
                        "line 2: no 'reward_model' in a row of shape verl, found: prompt, label",
                        "line 3: no 'prompt' in a row of shape verl, found: messages"),
                dataSet.report().firstBad().stream()
                        .map(LoadReport.BadRow::toString)
                        .toList());
    }

    @Test
    void aRowThatTellsNothingLeavesItToTheNext() throws Exception {
        DataSet dataSet = load(RowForm.AUTO, LENIENT, "{", "[]", "{\"x\": 1}", TRL);
        assertEquals(RowForm.TRL, dataSet.form());
        assertEquals(
                Map.of(BadRowReason.BAD_JSON, 1L, BadRowReason.WRONG_SHAPE, 1L, BadRowReason.UNKNOWN_SHAPE, 1L),
                dataSet.report().badByReason());
    }

    @Test
    void columnsThatSettingsNameAreTakenAtTheirWord() throws Exception {
        String row = "{\"question\": \"1+1?\", \"answer\": \"2\", \"messages\": [], \"solution\": \"3\"}";
        DataSet dataSet = load(RowForm.AUTO, new ColumnNames("question", "answer", null, null), STRICT, row);
        assertEquals(RowForm.SLIME, dataSet.form());
        assertEquals("2", dataSet.row(0).label());
    }
}
