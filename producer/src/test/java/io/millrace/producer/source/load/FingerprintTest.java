package io.millrace.producer.source.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowShape;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintTest {
    private static final String ROWS = """
            {"prompt":"1+1?","label":"2","metadata":{"rm_type":"math","n":{"b":1,"a":[1.5,null]}}}
            {"prompt":[{"role":"user","content":"Gr\u00fc\u00df \uD83D\uDE00"}],"label":3}
            {"prompt":[1,2,3]}
            """;

    @TempDir
    Path folder;

    /** A running run's fingerprint must not change with a release; computed apart, in Python. */
    @Test
    void theFormOfTheFingerprintHolds() throws Exception {
        assertEquals("48c047b128cb483b", of(ROWS));
    }

    @Test
    void howTheSameRowsAreWrittenDoesNotMatter() throws Exception {
        assertEquals(of(ROWS), of("""
                        {"unused":[1,{}], "metadata" : {"n":{"a":[1.50,null],"b":1}, "rm_type":"math"}, "label":2, "prompt":"1\\u002b1?"}
                        {"label":"3","prompt":[{"content":"Gr\\u00fc\\u00df \\ud83d\\ude00","role":"user","name":"me"}]}\r
                        {"prompt": [1, 2, 3], "label": null, "metadata": {}}"""));
    }

    @Test
    void anyChangeOfAUsableRowChangesIt() throws Exception {
        String original = of(ROWS);
        assertNotEquals(original, of(ROWS.replace("1+1?", "1+1 ?")), "prompt");
        assertNotEquals(original, of(ROWS.replace("\"label\":\"2\"", "\"label\":\"4\"")), "label");
        assertNotEquals(original, of(ROWS.replace("\"label\":\"2\",", "")), "no label");
        assertNotEquals(original, of(ROWS.replace("math", "dapo")), "metadata");
        assertNotEquals(original, of(ROWS.replace("user", "system")), "role");
        assertNotEquals(original, of(ROWS.replace("[1,2,3]", "[1,3,2]")), "token ids");
        assertNotEquals(original, of(ROWS.replace("[1,2,3]", "\"[1,2,3]\"")), "kind of prompt");
        assertNotEquals(original, of(ROWS + "{\"prompt\":\"more\"}\n"), "one more");
        assertNotEquals(original, of(ROWS.substring(0, ROWS.lastIndexOf('{'))), "one less");
        assertNotEquals(original, of(ROWS.replace("\n", "\n\n")), "lines");
    }

    @Test
    void anyOptionThatChangesRowsChangesIt() throws Exception {
        DataSetSpec spec = DataSetFiles.write(folder.resolve("a.jsonl"), ROWS);
        String original = of(ROWS);
        assertNotEquals(original, of(DataSetFiles.slice(spec, 0, 2), "label", ChatTemplate.CHATML), "slice");
        assertNotEquals(original, of(spec, null, ChatTemplate.CHATML), "label key");
        assertNotEquals(original, of(spec, "label", ChatTemplate.PLAIN), "chat template");
    }

    @Test
    void aBadRowAtTheEndDoesNotChangeIt() throws Exception {
        assertEquals(of(ROWS), of(ROWS + "nonsense\n"));
    }

    private String of(String text) throws Exception {
        return of(DataSetFiles.write(folder.resolve("a.jsonl"), text), "label", ChatTemplate.CHATML);
    }

    private static String of(DataSetSpec spec, String labelKey, ChatTemplate template) throws Exception {
        return DataSetLoader.load(
                        spec,
                        new RowShape("prompt", labelKey, "metadata", template),
                        DataSetFiles.LENIENT,
                        RowCheck.NONE)
                .fingerprint();
    }
}
