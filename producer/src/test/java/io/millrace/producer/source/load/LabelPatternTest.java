package io.millrace.producer.source.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.row.RewardCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelPatternTest {
    private static final String GSM8K =
            "{\"question\": \"How many?\", \"answer\": \"She has 7*17 = <<7*17=119>>119.\\n" + "So it is #### 119\"}";

    @TempDir
    Path folder;

    private DataSet load(RowLimits limits, @Nullable String pattern, String... rows) throws Exception {
        return DataSetLoader.load(
                DataSetFiles.write(folder.resolve("gsm8k.jsonl"), String.join("\n", rows) + "\n"),
                new RowShape(
                        RowForm.AUTO,
                        new ColumnNames("question", "answer", null, null),
                        ChatTemplate.CHATML,
                        RowShape.labelPattern(pattern)),
                limits,
                new RewardCheck("math"));
    }

    @Test
    void itsGroupIsTheLabel() throws Exception {
        assertEquals(
                "119",
                load(DataSetFiles.STRICT, "#### (-?[0-9.,]+)", GSM8K).row(0).label());
    }

    @Test
    void theFirstMatchCounts() throws Exception {
        String row = "{\"question\": \"q\", \"answer\": \"#### 1 #### 2\"}";
        assertEquals("1", load(DataSetFiles.STRICT, "#### (\\d)", row).row(0).label());
    }

    @Test
    void numbersAreMatchedAsTheyAreWritten() throws Exception {
        String row = "{\"question\": \"q\", \"answer\": 4.50}";
        assertEquals("50", load(DataSetFiles.STRICT, "\\.(\\d+)", row).row(0).label());
    }

    /** Nothing is silently scored 0: such a row is named, with its file. */
    @Test
    void aLabelThatItDoesNotMatchIsABadRow() throws Exception {
        String other = "{\"question\": \"q\", \"answer\": \"it is 5\"}";
        DataSet dataSet = load(DataSetFiles.LENIENT, "#### (.+)", GSM8K, other);
        assertEquals(List.of("119"), List.of(String.valueOf(dataSet.row(0).label())));
        assertEquals(Map.of(BadRowReason.LABEL_PATTERN, 1L), dataSet.report().badByReason());
        String message = assertThrows(
                        DataSetException.class, () -> load(DataSetFiles.STRICT, "#### (.+)", GSM8K, other))
                .getMessage();
        assertTrue(message.contains("gsm8k.jsonl: 1 of 2 rows are bad"), message);
        assertTrue(message.contains("line 2: --label-pattern #### (.+) does not match the label: it is 5"), message);
    }

    @Test
    void aGroupThatTakesNoPartIsNoLabel() throws Exception {
        String row = "{\"question\": \"q\", \"answer\": \"none\"}";
        DataSet dataSet = load(DataSetFiles.LENIENT, "none|#### (.+)", GSM8K, row);
        assertEquals(Map.of(BadRowReason.LABEL_PATTERN, 1L), dataSet.report().badByReason());
    }

    /** A resumed run must not go on with other labels. */
    @Test
    void theFingerprintIsOfTheLabelsThatItLeaves() throws Exception {
        String whole = load(DataSetFiles.STRICT, null, GSM8K).fingerprint();
        String cut = load(DataSetFiles.STRICT, "#### (.+)", GSM8K).fingerprint();
        assertNotEquals(whole, cut);
        assertEquals(cut, load(DataSetFiles.STRICT, "(?m)#### (\\d+)$", GSM8K).fingerprint());
    }
}
